/**
 * The variables of the user's that tools see; all others are kept from them. clang alone reads a dozen that change what it makes of the
 * same words (`CPATH`, `C_INCLUDE_PATH`, `CCC_OVERRIDE_OPTIONS`, …), and a build could not say what it depended on.
 */
const TOOL_VARIABLES: readonly string[] = [
  // Where tools find themselves, their libraries, the user's files and a place for temporary ones.
  ...["PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LOGNAME", "TMPDIR"],
  ...["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "KEXEC_BPF_CACHE"],
  // The time that a reproducible build is to have.
  "SOURCE_DATE_EPOCH",
  // openssl: its configuration, its modules, tokens. Not KBUILD_SIGN_PIN, which goes by a pipe.
  ...["OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES"],
  ...["PKCS11_MODULE_PATH", "PKCS11_PROVIDER_MODULE", "PKCS11_PROVIDER_DEBUG", "SOFTHSM2_CONF"],
  ...[
    "OPENSC_CONF",
    "YUBIHSM_PKCS11_CONF",
    "P11_KIT_STRICT",
    "GNUPGHOME",
    "SSH_AUTH_SOCK",
    "TPM2OPENSSL_TCTI",
    "TPM2_PKCS11_STORE",
  ],
  // The scripts that fetch Debian's packages.
  ...["http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"],
  ...["ALL_PROXY", "all_proxy", "APT_CONFIG", "OS_RELEASE"],
];

/** Said by us: messages in English, and bytes for characters. */
const FIXED: Readonly<Record<string, string>> = { LC_ALL: "C.UTF-8" };

/**
 * What a tool sees of an environment.
 *
 * @param env the user's
 */
export function toolEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const listed = TOOL_VARIABLES.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(listed), ...FIXED };
}
