# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the program, kernel-test and the tests use of a system, and which packages have it. scripts/setup installs what is missing,
# or says it where it may not install.

have() { command -v "$1" >/dev/null; }

have_clang() {
  local version
  if have clang; then return 0; fi
  for version in 21 20 19 18 17 16 15 14; do
    if have "clang-$version"; then return 0; fi
  done
  return 1
}

# Debian's minimal python3 comes without what the tests' judges import.
have_python_json() { python3 -c 'import json' 2>/dev/null; }

# Under no name of its own on PATH: what lets openssl sign with a PKCS#11 token's key.
have_pkcs11_engine() { openssl engine pkcs11 >/dev/null 2>&1; }

# Lines "FOR PROBE APT DNF PACMAN": for whom, a command, file or function that tells whether it is there, its packages; - where a
# distribution has none.
needs() {
  cat <<'END'
all have_clang clang clang clang
all /usr/include/bpf/bpf_helpers.h libbpf-dev libbpf-devel libbpf
all readelf binutils binutils binutils
all objcopy binutils binutils binutils
all zstd zstd zstd zstd
all xz xz-utils xz xz
all lz4 lz4 lz4 lz4
all python3 python3-minimal python3 python
all openssl openssl openssl openssl
test clang-14 clang-14 - clang14
test clang-19 clang-19 clang19 clang19
test llvm-strip llvm llvm llvm
test lzop lzop lzop lzop
test bzip2 bzip2 bzip2 bzip2
test file file file file
test git git git git
test cmp diffutils diffutils diffutils
test gcc gcc gcc gcc
test cpio cpio cpio cpio
test sbverify sbsigntool sbsigntools sbsigntools
test softhsm2-util softhsm2 softhsm softhsm
test have_pkcs11_engine libengine-pkcs11-openssl openssl-pkcs11 libp11
test have_python_json python3 python3 python
package shellcheck shellcheck ShellCheck shellcheck
proof cvc5 cvc5 cvc5 -
browser chromium chromium chromium chromium
browser firefox-esr firefox-esr firefox firefox
kernel_vm gcc gcc gcc gcc
kernel_vm make make make make
kernel_vm pahole pahole dwarves pahole
kernel_vm /usr/include/stdio.h libc6-dev glibc-devel glibc
fleet /usr/sbin/nginx nginx nginx nginx
fleet /usr/sbin/slurmctld slurmctld slurm-slurmctld slurm-llnl
fleet /usr/sbin/slurmd slurmd slurm-slurmd slurm-llnl
fleet sbatch slurm-client slurm slurm-llnl
fleet /usr/sbin/munged munge munge munge
fleet make make make make
fleet bsdtar libarchive-tools bsdtar libarchive
fleet rpmbuild rpm rpm-build rpm-tools
arm64 aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
arm64 /usr/aarch64-linux-gnu/include/stdio.h libc6-dev-arm64-cross - aarch64-linux-gnu-glibc
riscv64 riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu gcc-riscv64-linux-gnu riscv64-linux-gnu-gcc
riscv64 /usr/riscv64-linux-gnu/include/stdio.h libc6-dev-riscv64-cross - riscv64-linux-gnu-glibc
distro mandoc mandoc mandoc -
distro zsh zsh zsh zsh
distro fish fish fish fish
distro make make make make
distro kernel-install systemd systemd-udev systemd
distro dpkg-buildpackage dpkg-dev - -
distro dh debhelper - -
distro lintian lintian - -
distro rpmbuild rpm rpm-build -
END
}

there() {
  case $1 in
    /*) [ -f "$1" ] ;;
    have_*) "$1" ;;
    *) have "$1" ;;
  esac
}

# lacking FOR...: the lines of what is missing for these.
lacking() {
  local for probe packages
  needs | while read -r for probe packages; do
    case " $* " in *" $for "*) there "$probe" </dev/null || echo "$for $probe $packages" ;; esac
  done
}

# install_lines LINES: how to install what these lines name, one command for each distribution.
install_lines() {
  local line number=3 command
  for command in "apt-get install" "dnf install" "pacman -S"; do
    line=$(awk -v column="$number" '$column != "-" && $column != "" && !seen[$column]++ { printf " %s", $column }' <<<"$1")
    if [ -n "$line" ]; then printf '%s%s%s' "$([ "$number" -eq 3 ] || echo '; ')" "$command" "$line"; fi
    number=$((number + 1))
  done
}
