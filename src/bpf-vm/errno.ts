/** Numbers of the kernel's `errno-base.h` and `errno.h` that helpers and the loader's calls give back, as positive numbers. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  EOPNOTSUPP: 95,
  EUCLEAN: 117,
  /** The kernel's own, not for user space. */
  ENOTSUPP: 524,
} as const;

/** `EINVAL` for 22 or -22; the bare number where it is not one of the above. */
export function errnoName(code: number): string {
  const positive = Math.abs(code);
  return Object.entries(Errno).find(([, value]) => value === positive)?.[0] ?? String(positive);
}
