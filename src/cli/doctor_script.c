/*
 * What does a script ask with? Its text is read, not run: the commands that a shell script calls,
 * and the modules that others use. What it puts together while it runs is not seen, and that is
 * said.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cleanup.h"
#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/doctor.h"
#include "cli/program.h"

enum { MAX_SCRIPT = 1024 * 1024, MAX_COMMANDS = 64, MAX_WORD = 256 };

enum language { SHELL, PERL, PYTHON, PHP, RUBY, NODE, OTHER };

/* A word of a script's text that says by what it asks. */
static const struct hint {
    enum language language;
    const char *text;
    bool reached; /* it is libcurl */
} hints[] = {
    {PERL, "WWW::Curl", true},
    {PERL, "Net::Curl", true},
    {PERL, "FFI::Platypus", true},
    {PERL, "LWP::", false},
    {PERL, "HTTP::Tiny", false},
    {PERL, "Mojo::UserAgent", false},
    {PERL, "Furl", false},
    {PERL, "REST::Client", false},
    {PERL, "Net::HTTP", false},
    {PYTHON, "pycurl", true},
    {PYTHON, "curl_cffi", false}, /* brings a libcurl of its own */
    {PYTHON, "import ctypes", true},
    {PYTHON, "import requests", false},
    {PYTHON, "from requests", false},
    {PYTHON, "urllib", false},
    {PYTHON, "httpx", false},
    {PYTHON, "aiohttp", false},
    {PYTHON, "http.client", false},
    {PYTHON, "import openai", false},
    {PYTHON, "from openai", false},
    {PHP, "curl_init", true},
    {PHP, "curl_multi_init", true},
    {PHP, "GuzzleHttp", true},
    {PHP, "FFI::cdef", true},
    {PHP, "file_get_contents(\"https", false},
    {PHP, "file_get_contents('https", false},
    {PHP, "fsockopen", false},
    {RUBY, "typhoeus", true},
    {RUBY, "curb", true},
    {RUBY, "ethon", true},
    {RUBY, "patron", true},
    {RUBY, "fiddle", true},
    {RUBY, "net/http", false},
    {RUBY, "open-uri", false},
    {RUBY, "faraday", false},
    {NODE, "koffi", true},
    {NODE, "node-libcurl", false}, /* brings a libcurl of its own */
    {NODE, "fetch(", false},
    {NODE, "axios", false},
    {NODE, "require('https')", false},
    {NODE, "require(\"https\")", false},
    {NODE, "openai", false},
};

/* Programs that scripts of every language call to ask for something. */
static const char *const askers[] = {"curl", "wget", "git",   "aria2c",
                                     "lynx", "http", "https", NULL};

static enum language language_of(const char *interpreter)
{
    static const struct {
        const char *begin;
        enum language language;
    } known[] = {{"python", PYTHON}, {"pypy", PYTHON},  {"perl", PERL}, {"php", PHP},
                 {"ruby", RUBY},     {"node", NODE},    {"sh", SHELL},  {"bash", SHELL},
                 {"dash", SHELL},    {"ash", SHELL},    {"zsh", SHELL}, {"ksh", SHELL},
                 {"mksh", SHELL},    {"busybox", SHELL}};
    const char *slash = strrchr(interpreter, '/');
    const char *name = slash != NULL ? slash + 1 : interpreter;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(name, known[i].begin, strlen(known[i].begin)) == 0)
            return known[i].language;
    return OTHER;
}

static char *read_script(const char *file)
{
    auto_close int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd >= 0 ? malloc(MAX_SCRIPT + 1) : NULL;
    ssize_t got = text != NULL ? read(fd, text, MAX_SCRIPT) : -1;
    if (text == NULL)
        return NULL;
    text[got > 0 ? got : 0] = '\0';
    for (ssize_t i = 0; i < got; i++) /* strstr(3) is to see all of it */
        if (text[i] == '\0')
            text[i] = ' ';
    return text;
}

/* ---- the commands of a shell script ---------------------------------------------------------- */

struct calls {
    struct doctor *doctor;
    const char *script;
    char seen[MAX_COMMANDS][MAX_WORD];
    size_t count;
    unsigned told;
};

static bool is_new(struct calls *calls, const char *word)
{
    for (size_t i = 0; i < calls->count; i++)
        if (strcmp(calls->seen[i], word) == 0)
            return false;
    if (calls->count == MAX_COMMANDS)
        return false;
    snprintf(calls->seen[calls->count++], MAX_WORD, "%s", word);
    return true;
}

static void say_call(struct calls *calls, const char *word)
{
    char file[PATH_MAX];
    struct program_judgement judgement = {0};
    if (!is_new(calls, word) || program_find(word, getenv("PATH"), file) != 0)
        return;
    program_judge(file, NULL, &judgement);
    calls->told += doctor_called(calls->doctor, calls->script, file, &judgement);
}

/* After these words of the shell's, and after assignments, the command's name is still to come. */
static bool goes_on(const char *word)
{
    static const char *const words[] = {
        "if",   "then",    "else", "elif",  "while", "until", "do",    "!",    "{",       "exec",
        "time", "command", "env",  "nohup", "sudo",  "nice",  "xargs", "eval", "builtin", NULL};
    for (const char *const *w = words; *w != NULL; w++)
        if (strcmp(*w, word) == 0)
            return true;
    return word[0] == '-' || strchr(word, '=') != NULL;
}

/* Words that stand where the shell reads a command, taken without regard to quotes within them. */
static void find_commands(struct calls *calls, const char *text)
{
    static const char ends[] = " \t\n;|&()`\"'<>#";
    bool command = true;
    while (*text != '\0') {
        char word[MAX_WORD];
        size_t length = strcspn(text, ends);
        if (length > 0 && length < sizeof word && command) {
            memcpy(word, text, length);
            word[length] = '\0';
            command = goes_on(word);
            if (!command)
                say_call(calls, word);
        } else if (length > 0) {
            command = false;
        }
        text += length;
        if (*text == '#' && length == 0)
            text += strcspn(text, "\n");
        else if (*text != '\0' && strchr("\n;|&(`", *text++) != NULL)
            command = true;
    }
}

/* ---- the modules of other scripts, and the commands in their strings ------------------------- */

static void find_hints(struct calls *calls, enum language language, const char *text)
{
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (hints[i].language != language || strstr(text, hints[i].text) == NULL)
            continue;
        calls->told++;
        if (hints[i].reached)
            doctor_say(calls->doctor, HEALTH_GOOD, "program", "covered: %s uses libcurl, by '%s'",
                       calls->script, hints[i].text);
        else
            doctor_say(calls->doctor, HEALTH_WARNING, "program",
                       "not covered: %s has '%s' in it, whose HTTP is not the system's libcurl: "
                       "for that, " DOCTOR_INSTEAD,
                       calls->script, hints[i].text);
    }
}

static bool begins_string(const char *text, const char *at)
{
    return at > text && strchr("\"'`({/ [", at[-1]) != NULL;
}

/* `curl ...`, system("curl ..."), ["curl", ...], /usr/bin/curl */
static void find_askers(struct calls *calls, const char *text)
{
    for (const char *const *name = askers; *name != NULL; name++) {
        size_t length = strlen(*name);
        for (const char *at = text; (at = strstr(at, *name)) != NULL; at += length) {
            if (begins_string(text, at) && at[length] != '\0' &&
                strchr(" \"'`,", at[length]) != NULL) {
                say_call(calls, *name);
                break;
            }
        }
    }
}

/* A '#' at the beginning of a line is a comment in all of them but PHP and Node, which have none
 * such. */
static void drop_comments(char *text)
{
    for (char *line = text; line != NULL && *line != '\0';) {
        char *first = line + strspn(line, " \t");
        size_t length = strcspn(first, "\n");
        if (*first == '#')
            memset(first, ' ', length);
        line = first[length] == '\n' ? first + length + 1 : NULL;
    }
}

unsigned doctor_script(struct doctor *doctor, const char *script, const char *interpreter)
{
    auto_free char *text = read_script(script);
    auto_free struct calls *calls = calloc(1, sizeof *calls);
    enum language language = language_of(interpreter);
    if (text == NULL || calls == NULL)
        return 0;
    *calls = (struct calls){.doctor = doctor, .script = script};
    drop_comments(text);
    if (language == SHELL)
        find_commands(calls, text);
    else
        find_askers(calls, text);
    find_hints(calls, language, text);
    if (calls->told == 0)
        doctor_say(doctor, HEALTH_WARNING, "program",
                   "%s calls nothing that is known to ask for something; what it puts together "
                   "while it runs is not seen",
                   script);
    return language == SHELL ? 1 : calls->told;
}
