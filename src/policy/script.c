#include "policy/script.h"

#include <string.h>

/*
 * Letters are options of one letter, which may stand together ("-uc"). A list of long ones is of
 * words with a blank before and behind each; "no-*" stands for all that begin so.
 */
struct interpreter {
    const char *name;
    const char *flags;      /* letters that stand alone */
    const char *values;     /* letters whose value is the rest of the word, or the next one */
    const char *attached;   /* letters whose value, if any, is the rest of the word */
    const char *code;       /* letters whose value is the program text, ... */
    const char *files;      /* ... or the script */
    const char *long_flags; /* long options that stand alone */
    const char *long_values;
    const char *long_code;
    const char *long_files;
    bool code_goes_on; /* a script may follow the code */
};

/* What reads no option that is known here: its script is the first word or is not known. */
#define PLAIN(text)                                                                                \
    {                                                                                              \
        .name = (text), .flags = "", .values = "", .attached = "", .code = "", .files = ""         \
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
     .code = "rBRE",
     .files = "fF",
     .long_flags = " no-php-ini no-chdir no-header syntax-check strip ",
     .long_values = " define php-ini zend-extension ",
     .long_code = " run process-begin process-code process-end ",
     .long_files = " file process-file "},
    {.name = "node",
     .flags = "chiv",
     .values = "rC",
     .attached = "",
     .code = "ep",
     .files = "",
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
     .code_goes_on = true},
    {.name = "R",
     .flags = "qs",
     .values = "gd",
     .attached = "",
     .code = "e",
     .files = "f",
     .long_flags = " no-* quiet silent slave restore save vanilla verbose interactive ",
     .long_values = " encoding gui debugger ",
     .long_files = " file "},
    {.name = "expect",
     .flags = "din",
     .values = "D",
     .attached = "",
     .code = "c",
     .files = "f",
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
    PLAIN("php-fpm"),
    PLAIN("php-cgi"),
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
    PLAIN("deno"),
    PLAIN("bun"),
    PLAIN("qjs"),
    PLAIN("gjs"),
    PLAIN("gjs-console"),
    PLAIN("beam"),
    PLAIN("beam.smp"),
    PLAIN("escript"),
    PLAIN("mono"),
    PLAIN("mono-sgen"),
    PLAIN("dotnet"),
    PLAIN("pwsh"),
    PLAIN("moar"),
    PLAIN("raku"),
    PLAIN("swipl"),
    PLAIN("slsh"),
    PLAIN("gst"),
    PLAIN("uwsgi"),
    PLAIN("busybox"),
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
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (is_named(name, aliases[i][0]))
            return interpreter_named(aliases[i][1]);
    return interpreter_named(name);
}

/* bash(1), dash(1), ksh(1) and zsh(1) alone read these two. */
static bool is_shell(const struct interpreter *how)
{
    return strcmp(how->values, "oO") == 0;
}

bool script_is_shell(const char *program)
{
    const struct interpreter *how = script_interpreter(program);
    return how != NULL && is_shell(how);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct words {
    const char *at; /* the next one */
    const char *end;
    bool had_code;
};

static const char *next_word(struct words *words)
{
    const char *word = words->at;
    if (word >= words->end)
        return NULL;
    words->at += strnlen(word, (size_t)(words->end - word)) + 1;
    return words->at <= words->end ? word : NULL; /* cut off: not the whole word */
}

static bool has(const char *letters, char letter)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

/* True where the list has the first `length` letters of `option`. */
static bool lists(const char *list, const char *option, size_t length)
{
    for (; list != NULL && *list == ' ' && list[1] != '\0'; list += 1 + strcspn(list + 1, " ")) {
        size_t size = strcspn(list + 1, " ");
        bool pattern = list[size] == '*';
        if (pattern ? length >= size - 1 && strncmp(list + 1, option, size - 1) == 0
                    : length == size && strncmp(list + 1, option, size) == 0)
            return true;
    }
    return false;
}

enum step { STEP_ON, STEP_CODE, STEP_FILE, STEP_LOST };

/* Takes the value of an option; `rest` is what stands behind it in its word, or NULL. */
static enum step take(struct words *words, const char *rest, enum step then, const char **word)
{
    *word = rest != NULL ? rest : next_word(words);
    return *word != NULL ? then : STEP_LOST;
}

static enum step read_long(const struct interpreter *how, struct words *words, const char *option,
                           const char **word)
{
    size_t length = strcspn(option, "=");
    const char *value = option[length] == '=' ? option + length + 1 : NULL;
    if (lists(how->long_code, option, length))
        return take(words, value, STEP_CODE, word);
    if (lists(how->long_files, option, length))
        return take(words, value, STEP_FILE, word);
    if (lists(how->long_values, option, length))
        return take(words, value, STEP_ON, word);
    if (lists(how->long_flags, option, length) || (value != NULL && how->long_flags != NULL))
        return STEP_ON;
    return STEP_LOST;
}

/* perl's -l and -0 are followed by a number, octal or behind 0x, and then by further letters. */
static const char *skip_attached(const struct interpreter *how, const char *letter)
{
    if (strcmp(how->name, "perl") != 0 || !has("l0", *letter))
        return NULL;
    if (*letter == '0' && letter[1] == 'x')
        return letter + 2 + strspn(letter + 2, "0123456789abcdefABCDEF");
    return letter + 1 + strspn(letter + 1, "01234567");
}

static enum step read_letters(const struct interpreter *how, struct words *words,
                              const char *letter, const char **word)
{
    bool shell = is_shell(how);
    bool code = false;
    for (; *letter != '\0'; letter++) {
        const char *rest = letter[1] != '\0' && !shell ? letter + 1 : NULL;
        if (has(how->code, *letter) && shell)
            code = true; /* the text comes behind the values of other letters */
        else if (has(how->code, *letter))
            return take(words, rest, STEP_CODE, word);
        else if (has(how->files, *letter))
            return take(words, rest, STEP_FILE, word);
        else if (has(how->values, *letter) && take(words, rest, STEP_ON, word) == STEP_LOST)
            return STEP_LOST;
        else if (has(how->values, *letter) && rest != NULL)
            return STEP_ON;
        else if (has(how->attached, *letter)) {
            letter = skip_attached(how, letter);
            if (letter == NULL)
                return STEP_ON;
            letter--;
        } else if (!has(how->values, *letter) && !has(how->flags, *letter))
            return STEP_LOST;
    }
    return code ? STEP_CODE : STEP_ON;
}

static bool is_java(const struct interpreter *how)
{
    return strcmp(how->name, "java") == 0;
}

/* Its options have one dash or two; what is run without -jar is a class, and no file. */
static enum step read_java(const struct interpreter *how, struct words *words, const char *option,
                           const char **word)
{
    if (strcmp(option, "-jar") == 0)
        return take(words, NULL, STEP_FILE, word);
    if (strcmp(option, "-cp") == 0 || strcmp(option, "-classpath") == 0 ||
        strcmp(option, "-p") == 0)
        return take(words, NULL, STEP_ON, word);
    if (strncmp(option, "--", 2) == 0)
        return read_long(how, words, option + 2, word);
    if (has(how->attached, option[1]) || strncmp(option, "-ea", 3) == 0 ||
        strncmp(option, "-javaagent:", 11) == 0 || strcmp(option, "-server") == 0)
        return STEP_ON;
    return STEP_LOST;
}

static enum step read_option(const struct interpreter *how, struct words *words, const char *option,
                             const char **word)
{
    if (is_java(how))
        return read_java(how, words, option, word);
    if (option[0] == '-' && option[1] == '-')
        return read_long(how, words, option + 2, word);
    if (strcmp(how->name, "node") == 0 && strcmp(option, "-pe") == 0)
        return take(words, NULL, STEP_CODE, word);
    return read_letters(how, words, option + 1, word);
}

static bool is_option(const struct interpreter *how, const char *word)
{
    return word[0] == '-' || (word[0] == '+' && is_shell(how));
}

static enum script_said said(const struct interpreter *how, const struct words *words,
                             const char *word)
{
    if (word == NULL) /* what is run comes from standard input, or was overwritten */
        return words->had_code ? SCRIPT_NONE : SCRIPT_UNKNOWN;
    if (word[0] == '\0' || (is_java(how) && strstr(word, ".java") == NULL))
        return SCRIPT_UNKNOWN;
    return SCRIPT_WORD;
}

enum script_said script_find(const struct interpreter *how, const char *arguments, size_t length,
                             const char **word)
{
    struct words words = {arguments, arguments + length, false};
    next_word(&words); /* the interpreter's own name */
    while ((*word = next_word(&words)) != NULL && is_option(how, *word)) {
        bool dashes = strcmp(*word, "--") == 0;
        if (dashes || (is_shell(how) && strcmp(*word, "-") == 0)) {
            *word = next_word(&words);
            break;
        }
        if ((*word)[1] == '\0')
            return SCRIPT_UNKNOWN;
        switch (read_option(how, &words, *word, word)) {
        case STEP_ON:
            break;
        case STEP_CODE:
            if (!how->code_goes_on)
                return SCRIPT_NONE;
            words.had_code = true;
            break;
        case STEP_FILE:
            return SCRIPT_WORD;
        case STEP_LOST:
            return SCRIPT_UNKNOWN;
        }
    }
    return said(how, &words, *word);
}
