/* What an interpreter's command line says of its script: one reading, none, or not to be known. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "policy/script.h"
#include "support/suite.h"

enum { MAX_WORDS = 10 };

struct row {
    const char *words[MAX_WORDS];
    enum script_said said;
    const char *script;
};

#define IS(script, ...)                                                                            \
    {                                                                                              \
        {__VA_ARGS__}, SCRIPT_WORD, script                                                         \
    }
#define NO(...)                                                                                    \
    {                                                                                              \
        {__VA_ARGS__}, SCRIPT_NONE, NULL                                                           \
    }
#define ANY(...)                                                                                   \
    {                                                                                              \
        {__VA_ARGS__}, SCRIPT_UNKNOWN, NULL                                                        \
    }

static const struct row rows[] = {
    IS("x.py", "python3", "x.py", "-c", "y"),
    IS("x.py", "python3.11", "-u", "-W", "ignore", "-Wdefault", "-X", "dev", "-Xutf8", "x.py"),
    IS("x.py", "python3", "-bBsE", "--check-hash-based-pycs", "always", "x.py"),
    IS("-x", "python3", "--", "-x"),
    IS("x", "pypy3", "x"),
    NO("python3", "-c", "code", "x.py"),
    NO("python3", "-Iuc", "code"),
    NO("python3", "-ccode"),
    ANY("python3"),
    ANY("python3", "-"),
    ANY("python3", "-u"),
    ANY("python3", "-m", "mod"),
    ANY("python3", "-mmod"),
    ANY("python3", "-c"),
    ANY("python3", "-i", "-c", "code"),
    ANY("python3", "-ic", "code"),
    IS("x.py", "python3", "-i", "x.py"),
    ANY("python3", "--new-option", "x.py"),
    ANY("python3", "-Z", "x.py"),
    ANY("worker", "", "", ""),
    IS("x.pl", "perl", "-I", "lib", "-Ilib", "-w", "-MPOSIX", "-mstrict", "x.pl"),
    IS("x.pl", "perl", "-i.bak", "-C7", "-l012n", "-F:", "-0777p", "x.pl"),
    IS("x.pl", "perl", "-d:Trace", "-T", "x.pl"),
    NO("perl", "-e", "code", "x.pl"),
    NO("perl", "-lane", "code"),
    NO("perl", "-l012e", "code"),
    NO("perl", "-Ecode"),
    ANY("perl", "-S", "x.pl"),
    ANY("perl", "-"),
    IS("x.rb", "ruby", "-I", "lib", "-r", "json", "-rset", "-W0", "--disable-gems", "x.rb"),
    IS("x.rb", "ruby3.1", "-E", "utf-8", "--encoding", "utf-8", "--yjit", "x.rb"),
    NO("ruby", "-ne", "code"),
    ANY("ruby", "-C", "dir", "x.rb"),
    ANY("ruby", "-S", "x.rb"),
    IS("x.php", "php8.2", "-d", "a=b", "-dc=d", "-c", "/etc/php.ini", "-n", "x.php"),
    IS("x.php", "php", "-f", "x.php", "--", "y"),
    IS("x.php", "php", "--define", "a=b", "--file=x.php"),
    NO("php", "-r", "code"),
    NO("php", "--run", "code"),
    NO("php", "-R", "code", "-B", "begin", "-E", "end"),
    IS("x.php", "php", "-B", "begin", "-F", "x.php"),
    IS("x.php", "php", "--process-begin=begin", "--process-end", "end", "--process-file", "x.php"),
    ANY("php", "--", "x.php"),
    ANY("php", "-n", "--", "x.php"),
    ANY("php-cgi", "x.php"),
    ANY("php", "-S", "localhost:80", "x.php"),
    ANY("php", "-a"),
    ANY("php-fpm: pool www"),
    ANY("php-fpm8.2", "--nodaemonize", "--fpm-config", "/etc/php/fpm.conf"),
    IS("x.js", "node", "--max-old-space-size=4096", "--no-warnings", "--trace-gc", "x.js"),
    IS("x.js", "nodejs", "-r", "./y.js", "--require", "z", "--import=q", "x.js"),
    IS("x.js", "node", "--inspect=0.0.0.0:1", "--enable-source-maps", "x.js", "-e", "y"),
    NO("node", "-e", "code"),
    NO("node", "-pe", "code"),
    NO("node", "--eval=code"),
    NO("node", "--print", "code"),
    ANY("node", "-i", "-e", "code"),
    ANY("node", "--some-flag", "x.js", "y.js"),
    ANY("node"),
    IS("./s", "bash", "-x", "./s"),
    IS("./s", "bash", "-eo", "pipefail", "+x", "-O", "nullglob", "./s"),
    IS("./s", "bash", "--norc", "--rcfile", "f", "./s"),
    IS("./s", "sh", "-", "./s"),
    IS("./s", "dash", "-eu", "./s"),
    NO("bash", "-c", "code", "./s"),
    NO("sh", "-ec", "code"),
    NO("bash", "-lc", "code"),
    NO("bash", "-ceo", "pipefail", "code"),
    ANY("bash", "-s", "./s"),
    ANY("-bash"),
    IS("x.lua", "lua5.4", "-l", "json", "-ljson", "-e", "code", "-W", "x.lua"),
    NO("lua", "-e", "code"),
    ANY("lua", "-i"),
    ANY("lua", "-i", "-e", "code"),
    IS("x.lua", "lua", "-i", "x.lua"),
    ANY("lua", "-"),
    IS("x.R", "R", "--no-echo", "--no-restore", "--file=x.R", "--args", "y"),
    IS("x.R", "R", "-f", "x.R"),
    NO("R", "--no-echo", "-e", "code"),
    ANY("R", "--vanilla"),
    ANY("R", "--vanilla", "x.R"),
    ANY("deno", "run", "x.ts"),
    IS("x.ts", "deno", "x.ts"),
    ANY("uwsgi", "x.ini"),
    IS("x.jar", "java", "-Xmx1g", "-Da=b", "-jar", "x.jar", "y"),
    IS("X.java", "java", "--enable-preview", "-cp", "lib", "X.java"),
    ANY("java", "-cp", "lib", "org.example.Main"),
    IS("x.tcl", "tclsh8.6", "x.tcl"),
    IS("x.scm", "guile", "x.scm"),
    ANY("guile", "-s", "x.scm"),
};

/* As /proc/self/cmdline has it. */
static size_t write_words(char text[512], const char *const words[MAX_WORDS])
{
    size_t length = 0;
    for (int i = 0; i < MAX_WORDS && words[i] != NULL; i++) {
        strcpy(text + length, words[i]);
        length += strlen(words[i]) + 1;
    }
    return length;
}

static const struct interpreter *interpreter_of(const char *name)
{
    const struct interpreter *found = script_interpreter(name[0] == '-' ? name + 1 : name);
    return found != NULL ? found : script_interpreter("python3"); /* it was overwritten */
}

START_TEST(a_command_line_has_one_reading_or_none)
{
    const struct row *row = &rows[_i];
    char text[512];
    const char *word = NULL;
    size_t length = write_words(text, row->words);
    enum script_said said = script_find(interpreter_of(row->words[0]), text, length, &word);
    ck_assert_msg(said == row->said, "row %d: %s %s", _i, row->words[0],
                  row->words[1] != NULL ? row->words[1] : "");
    if (said == SCRIPT_WORD)
        ck_assert_str_eq(word, row->script);
}
END_TEST

START_TEST(a_command_line_that_was_cut_off_is_not_known)
{
    static const char text[] = "python3\0/opt/a/job.py";
    const char *word;
    size_t whole = sizeof text;
    const struct interpreter *python = script_interpreter("/usr/bin/python3");
    ck_assert_int_eq(script_find(python, text, whole, &word), SCRIPT_WORD);
    for (size_t length = 0; length < whole; length++)
        ck_assert_int_eq(script_find(python, text, length, &word), SCRIPT_UNKNOWN);
}
END_TEST

START_TEST(interpreters_are_known_by_name_and_version)
{
    static const char *const are[] = {"/usr/bin/python3.11", "/opt/python", "/a/perl5.36-x86_64",
                                      "/usr/bin/ruby-mri",   "/bin/sh",     "/usr/sbin/php-fpm8.2"};
    static const char *const are_not[] = {"/usr/bin/curl",      "/usr/bin/shotwell",
                                          "/usr/bin/phpunit",   "/usr/bin/perldoc",
                                          "/usr/bin/dashboard", "/opt/python3/bin/tool"};
    for (size_t i = 0; i < sizeof are / sizeof are[0]; i++)
        ck_assert_msg(script_interpreter(are[i]) != NULL, "%s", are[i]);
    for (size_t i = 0; i < sizeof are_not / sizeof are_not[0]; i++)
        ck_assert_msg(script_interpreter(are_not[i]) == NULL, "%s", are_not[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("script");
    tcase_add_loop_test(tests, a_command_line_has_one_reading_or_none, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests, a_command_line_that_was_cut_off_is_not_known);
    tcase_add_test(tests, interpreters_are_known_by_name_and_version);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
