# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What scripts/setup and scripts/debian-package share: messages, the cache folder, and a private apt
# whose sources, lists and archives all lie in that cache. The machine's own apt configuration
# (/etc/apt) and state (/var/lib/apt) are read here, never written.
#
# No archive's name stands in here. Every suite is fetched from the mirror that the machine already
# uses for Debian, checked with the keys that the machine already trusts for that mirror.

# The program has the same rule (src/toolchain/settings.ts), and a test holds the two against each other.
cache_folder() (
  folder=${KEXEC_BPF_CACHE:-}
  if [ -z "$folder" ]; then
    case ${XDG_CACHE_HOME:-} in
      /*) folder="$XDG_CACHE_HOME/kexec-bpf" ;;
      # Without HOME, ~ is the home folder of the user database, or / where it knows none.
      *) if [ -z "${HOME:-}" ]; then unset HOME; fi; folder=~/.cache/kexec-bpf ;;
    esac
  fi
  # apt takes a relative path for one below its own folders.
  case $folder in /*) ;; *) folder="$PWD/$folder" ;; esac
  printf '%s' "${folder/#\/\///}"
)
# shellcheck disable=SC2034  # those that source this use it
cache=$(cache_folder)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# quietly LOG COMMAND...: keeps the command's output in LOG and shows it only when the command fails.
quietly() {
  local log=$1 status=0
  shift
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
  return "$status"
}

# os_release FIELD: a value of /etc/os-release, empty where it has none.
os_release() (
  unset "$1"
  # shellcheck source=/dev/null
  . "${OS_RELEASE:-/etc/os-release}" 2>/dev/null || true
  printf '%s' "${!1:-}"
)

# Lines "URI RELEASE ORIGIN CODENAME" of the machine's binary package sources, in their order.
# apt lists only targets whose lists were fetched, so a machine that never ran `apt-get update` needs the
# second command, which knows no origins.
configured_sources() {
  # shellcheck disable=SC2016 # apt replaces the $(FIELD)s
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(CODENAME)' \
    'Created-By: Packages' 'Component: main' 2>/dev/null || true
  apt-get update --print-uris 2>/dev/null |
    sed -nE "s#^'(.*/)dists/([^/']+(/[^/']+)*)/(In)?Release'.*#\1 \2 - \2#p" || true
}

# The URI and suite of the source from which this machine gets Debian itself.
# A third party's repository may use Debian's code name too: one that calls itself Debian wins.
debian_source() {
  local codename
  codename=$(os_release VERSION_CODENAME)
  configured_sources | awk -v codename="$codename" '
    $1 ~ /^cdrom:/ { next }
    $2 != codename && $4 != codename { next }
    $3 == "Debian" { print $1, $2; found = 1; exit }
    first == "" { first = $1 " " $2 }
    END { if (!found && first != "") print first }'
}

# source_options URI SUITE: how the machine has the source at URI checked (Signed-By and its kin), as
# the field lines of a deb822 stanza. It reads both formats of sources.list(5); an embedded key keeps its
# folded lines.
source_options() {
  local main parts file
  eval "$(apt-config shell main Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  for file in "$main" "$parts"*.list; do
    [ -f "$file" ] || continue
    awk -v uri="${1%/}" -v suite="$2" '
      BEGIN { split("signed-by trusted check-valid-until check-date by-hash", names); for (i in names) kept[names[i]] = 1 }
      $1 != "deb" { next }
      {
        options = ""; rest = $0
        if (match(rest, /^[ \t]*deb[ \t]+\[[^]]*\]/)) {
          options = substr(rest, 1, RLENGTH); rest = "deb " substr(rest, RLENGTH + 1)
          sub(/^[^[]*\[/, "", options); sub(/\]$/, "", options)
        }
        split(rest, words); sub(/\/$/, "", words[2])
        if (words[2] != uri || words[3] != suite) next
        count = split(options, list)
        for (i = 1; i <= count; i++) {
          at = index(list[i], "="); name = tolower(substr(list[i], 1, at - 1)); value = substr(list[i], at + 1)
          gsub(/,/, " ", value)
          if (name in kept) print name ": " value
        }
        exit
      }' "$file"
  done
  for file in "$parts"*.sources; do
    [ -f "$file" ] || continue
    awk -v uri="${1%/}" -v suite="$2" '
      BEGIN { split("signed-by trusted check-valid-until check-date by-hash", names); for (i in names) kept[names[i]] = 1 }
      function has(list, wanted,    words, count, i) {
        count = split(list, words)
        for (i = 1; i <= count; i++) { sub(/\/$/, "", words[i]); if (words[i] == wanted) return 1 }
        return 0
      }
      function finish() {
        if (!done && has(field["uris"], uri) && has(field["suites"], suite) && field["enabled"] !~ /no/) {
          printf "%s", options; done = 1
        }
        split("", field); options = ""; name = ""
      }
      /^#/ { next }
      /^[ \t]*$/ { finish(); next }
      /^[ \t]/ { field[name] = field[name] " " $0; if (name in kept) options = options $0 "\n"; next }
      {
        at = index($0, ":"); name = tolower(substr($0, 1, at - 1)); field[name] = substr($0, at + 1)
        if (name in kept) options = options $0 "\n"
      }
      END { finish() }' "$file"
  done
}

# private_apt STATE SUITE ARCH: prepares STATE so that `in_private_apt STATE apt-get ...` sees exactly one
# suite of one architecture and nothing of what is installed here.
private_apt() {
  local state=$1 suite=$2 arch=$3 source uri
  source=$(debian_source)
  [ -n "$source" ] || die "this machine has no Debian package source for $(os_release VERSION_CODENAME), so there is no mirror to ask for $suite"
  uri=${source% *}
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/none"
  : >"$state/status"
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: %s\nTargets: Packages\n' \
      "$uri" "$suite" "$arch"
    source_options "$uri" "${source##* }"
  } >"$state/debian.sources"
  # Read after the machine's own files, whose proxies and timeouts hold here too. The hooks do not: they
  # tidy the machine's package cache.
  cat >"$state/apt.conf" <<EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
#clear APT::Default-Release;
#clear Dir::Etc::preferences;
#clear Dir::Etc::preferencesparts;
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Get::List-Cleanup "true";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::Etc::sourcelist "$state/debian.sources";
Dir::Etc::sourceparts "$state/none";
Dir::Etc::preferences "$state/none/preferences";
Dir::Etc::preferencesparts "$state/none";
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::State::extended_states "$state/extended_states";
Dir::Cache "$state";
Dir::Cache::archives "$state/archives";
Dir::Cache::pkgcache "$state/pkgcache.bin";
Dir::Cache::srcpkgcache "$state/srcpkgcache.bin";
Dir::Log "$state";
EOF
}

in_private_apt() {
  local state=$1 tool=$2
  shift 2
  "$tool" -c "$state/apt.conf" "$@"
}

# fresh_lists STATE SUITE ARCH [--now]: the private apt with lists that are less than a day old (or that were
# fetched now). An unreachable mirror is no error while older lists are there.
fresh_lists() {
  local state=$1 stamp="$1/refreshed"
  if [ "${4:-}" != --now ] && [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then return 0; fi
  private_apt "$state" "$2" "$3"
  if quietly "$state/update.log" in_private_apt "$state" apt-get update --error-on=any; then
    touch "$stamp"
  elif [ -e "$stamp" ]; then
    say "the package lists of $2 could not be refreshed; using those of $(date -r "$stamp" +%F)"
  else
    return 1
  fi
}

# unpack_package STATE PACKAGE FOLDER: fetches PACKAGE (apt checks it against the signed lists) and unpacks
# its files as FOLDER/PACKAGE_VERSION_ARCH, whose path is left in $unpacked. The caller holds STATE's lock.
unpack_package() {
  local state=$1 package=$2 folder=$3 work deb
  # apt names the file after the version it would fetch; an epoch's colon is written %3a there.
  deb=$(in_private_apt "$state" apt-get download --print-uris "$package" 2>/dev/null | awk '{ print $2; exit }')
  [ -n "$deb" ] || return 1
  unpacked="$folder/${deb%.deb}"
  if [ -d "$unpacked" ]; then return 0; fi
  mkdir -p "$folder"
  # Whoever held the lock before and was killed may have left these.
  rm -rf "$folder"/.unpacking.*
  work=$(mktemp -d "$folder/.unpacking.XXXXXX")
  if (cd "$work" && quietly "$work/log" in_private_apt "$state" apt-get download "$package") &&
    dpkg-deb -x "$work"/*.deb "$work/root" && mv -T "$work/root" "$unpacked"; then
    rm -rf "$work"
  else
    rm -rf "$work"
    return 1
  fi
}

# locked FILE: waits for the lock and holds it until this shell (or subshell) ends.
locked() {
  local descriptor
  mkdir -p "${1%/*}"
  exec {descriptor}>"$1"
  flock "$descriptor"
}
