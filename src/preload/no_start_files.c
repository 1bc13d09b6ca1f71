/*
 * The library is linked without the compiler's start files (-nostartfiles): they bring four imports
 * and a constructor for nothing. What they define and we use stands here.
 */
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;

/* A smashed stack ends the process, as in libc, but without importing libc's way to say so. */
__attribute__((visibility("hidden"), noreturn)) void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    __builtin_trap();
}
