#include "policy/interpreters.h"

#include <string.h>

#include "core/text.h"

/* What reads no option that is known here: its script is the first word or is not known. */
#define NO_OPTIONS .flags = "", .values = "", .attached = "", .code = "", .files = ""
#define PLAIN(text)                                                                                \
    {                                                                                              \
        .name = (text), NO_OPTIONS                                                                 \
    }
#define WITH_VERBS(text)                                                                           \
    {                                                                                              \
        .name = (text), NO_OPTIONS, .has_verbs = true                                              \
    }

/* What it runs is in its settings, or said by a web server. */
#define SERVED(text)                                                                               \
    {                                                                                              \
        .name = (text), NO_OPTIONS, .takes_no_word = true                                          \
    }

/* bash(1), dash(1), ksh(1), zsh(1): -o has its value in the next word even among other letters. */
#define SHELL(text)                                                                                \
    {                                                                                              \
        .name = (text), .flags = "abefhiklmnprtuvxBCEHPTDV", .values = "oO", .attached = "",       \
        .code = "c", .files = "",                                                                  \
        .long_flags = " login noprofile norc posix restricted verbose debugger noediting ",        \
        .long_values = " rcfile init-file "                                                        \
    }

static const struct interpreter interpreters[] = {
    {.name = "python",
     .flags = "bBdEhiIOPqRsSuvVxt3",
     .values = "WXQ",
     .attached = "",
     .code = "c",
     .files = "",
     .input = "i",
     .long_values = " check-hash-based-pycs "},
    {.name = "perl",
     .flags = "acfgnpstTuUvwWX",
     .values = "I",
     .attached = "CdDFilmM0xV",
     .code = "eE",
     .files = ""},
    {.name = "ruby",
     .flags = "acdhlnpsUvwy",
     .values = "IrE",
     .attached = "FiKTWx0",
     .code = "e",
     .files = "",
     .long_flags = " jit yjit rjit mjit verbose debug yydebug no-* disable-* enable-* ",
     .long_values = " disable enable encoding external-encoding internal-encoding dump parser "},
    {.name = "php",
     .flags = "CeHhilmnqsvw",
     .values = "cdz",
     .attached = "",
     .code = "r",
     .parts = "BRE",
     .files = "fF",
     .long_flags = " no-php-ini no-chdir no-header syntax-check strip ",
     .long_values = " define php-ini zend-extension ",
     .long_code = " run ",
     .long_parts = " process-begin process-code process-end ",
     .long_files = " file process-file ",
     .reads_at_dashes = true},
    {.name = "node",
     .flags = "chiv",
     .values = "rC",
     .attached = "",
     .code = "ep",
     .files = "",
     .input = "i",
     .long_flags = " no-* trace-* inspect* harmony* expose-* check enable-source-maps "
                   "preserve-symlinks preserve-symlinks-main pending-deprecation "
                   "throw-deprecation use-openssl-ca use-bundled-ca use-system-ca "
                   "insecure-http-parser frozen-intrinsics abort-on-uncaught-exception "
                   "experimental-fetch experimental-modules experimental-strip-types "
                   "experimental-vm-modules experimental-wasm-modules experimental-worker "
                   "zero-fill-buffers report-on-fatalerror report-on-signal "
                   "report-uncaught-exception ",
     .long_values = " require import loader experimental-loader conditions env-file "
                    "env-file-if-exists icu-data-dir openssl-config title input-type "
                    "unhandled-rejections dns-result-order redirect-warnings disable-warning "
                    "diagnostic-dir report-dir report-directory report-filename ",
     .long_code = " eval print "},
    {.name = "lua",
     .flags = "ivEW",
     .values = "ljO",
     .attached = "",
     .code = "e",
     .files = "",
     .input = "i",
     .code_goes_on = true},
    {.name = "R",
     .flags = "qs",
     .values = "gd",
     .attached = "",
     .code = "e",
     .files = "f",
     .long_flags = " no-* quiet silent slave restore save vanilla verbose interactive ",
     .long_values = " encoding gui debugger ",
     .long_files = " file ",
     .takes_no_word = true},
    {.name = "expect",
     .flags = "din",
     .values = "D",
     .attached = "",
     .code = "c",
     .files = "f",
     .input = "i",
     .code_goes_on = true},
    {.name = "java",
     .flags = "",
     .values = "",
     .attached = "DX",
     .code = "",
     .files = "",
     .long_flags = " enable-preview ",
     .long_values = " class-path module-path add-modules add-opens add-exports add-reads "},
    SHELL("bash"),
    SHELL("dash"),
    SHELL("sh"),
    SHELL("rbash"),
    SHELL("ksh"),
    SHELL("mksh"),
    SHELL("zsh"),
    SHELL("yash"),
    SERVED("php-fpm"),
    SERVED("php-cgi"),
    PLAIN("phpdbg"),
    PLAIN("Rscript"),
    PLAIN("fish"),
    PLAIN("csh"),
    PLAIN("tcsh"),
    PLAIN("tclsh"),
    PLAIN("wish"),
    PLAIN("awk"),
    PLAIN("gawk"),
    PLAIN("mawk"),
    PLAIN("guile"),
    PLAIN("racket"),
    PLAIN("sbcl"),
    PLAIN("clisp"),
    PLAIN("ecl"),
    PLAIN("scheme"),
    PLAIN("petite"),
    PLAIN("csi"),
    PLAIN("octave"),
    PLAIN("octave-cli"),
    PLAIN("octave-gui"),
    PLAIN("julia"),
    PLAIN("ocaml"),
    PLAIN("ocamlrun"),
    WITH_VERBS("deno"),
    WITH_VERBS("bun"),
    PLAIN("qjs"),
    PLAIN("gjs"),
    PLAIN("gjs-console"),
    PLAIN("beam"),
    PLAIN("beam.smp"),
    PLAIN("escript"),
    PLAIN("mono"),
    PLAIN("mono-sgen"),
    WITH_VERBS("dotnet"),
    PLAIN("pwsh"),
    PLAIN("moar"),
    PLAIN("raku"),
    PLAIN("swipl"),
    PLAIN("slsh"),
    PLAIN("gst"),
    SERVED("uwsgi"),
    WITH_VERBS("busybox"),
};

/* Other names of the same: the first is what a name begins with, the second what it is read as. */
static const char *const aliases[][2] = {
    {"pypy", "python"},      {"micropython", "python"}, {"ipython", "python"},
    {"nodejs", "node"},      {"luajit", "lua"},         {"texlua", "lua"},
    {"truffleruby", "ruby"}, {"jruby", "ruby"},         {"mruby", "ruby"},
};

/* True where `name` is `word`, or goes on with a version: "3.11", "-mri", "8.2". */
static bool is_named(const char *name, const char *word)
{
    size_t length = strlen(word);
    char next = strncmp(name, word, length) == 0 ? name[length] : 'x';
    return !((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'));
}

static const struct interpreter *interpreter_named(const char *name)
{
    const struct interpreter *found = NULL;
    for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++)
        if (is_named(name, interpreters[i].name) &&
            (found == NULL || strlen(interpreters[i].name) > strlen(found->name)))
            found = &interpreters[i];
    return found;
}

const struct interpreter *script_interpreter(const char *program)
{
    const char *name = text_base_name(program);
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (is_named(name, aliases[i][0]))
            return interpreter_named(aliases[i][1]);
    return interpreter_named(name);
}

/* bash(1), dash(1), ksh(1) and zsh(1) alone read these two. */
bool interpreter_is_shell(const struct interpreter *how)
{
    return strcmp(how->values, "oO") == 0;
}

bool script_is_shell(const char *program)
{
    const struct interpreter *how = script_interpreter(program);
    return how != NULL && interpreter_is_shell(how);
}
