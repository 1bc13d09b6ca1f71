/*
 * What LeakSanitizer is not to report. libconfig 1.5 loses the string it was reading when it meets
 * a syntax error, 64 bytes or so for each file that cannot be parsed. It never holds a key
 * (config_guard.h).
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}
