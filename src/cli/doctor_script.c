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

#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/doctor.h"
#include "cli/program.h"
#include "cli/shell_front.h"
#include "core/cleanup.h"
#include "core/text.h"

enum { MAX_SCRIPT = 1024 * 1024, MAX_COMMANDS = 64, MAX_WORD = 256 };

enum language { SHELL, PERL, PYTHON, PHP, RUBY, NODE, OTHER };

enum way {
    OWN,    /* HTTP of its own, or a libcurl that it brings */
    CURL,   /* the system's libcurl */
    FOREIGN /* calls any library, libcurl where the script says its name */
};

/* A word of a script's text that says by what it asks. */
static const struct hint {
    enum language language;
    const char *text;
    enum way way;
} hints[] = {
    {PERL, "WWW::Curl", CURL},
    {PERL, "Net::Curl", CURL},
    {PERL, "FFI::Platypus", FOREIGN},
    {PERL, "LWP::", OWN},
    {PERL, "HTTP::Tiny", OWN},
    {PERL, "Mojo::UserAgent", OWN},
    {PERL, "Furl", OWN},
    {PERL, "REST::Client", OWN},
    {PERL, "Net::HTTP", OWN},
    {PYTHON, "pycurl", CURL},
    {PYTHON, "curl_cffi", OWN},
    {PYTHON, "ctypes", FOREIGN},
    {PYTHON, "import cffi", FOREIGN},
    {PYTHON, "import requests", OWN},
    {PYTHON, "from requests", OWN},
    {PYTHON, "urllib", OWN},
    {PYTHON, "httpx", OWN},
    {PYTHON, "aiohttp", OWN},
    {PYTHON, "http.client", OWN},
    {PYTHON, "from http import", OWN},
    {PYTHON, "tornado.httpclient", OWN},
    {PYTHON, "anthropic", OWN},
    {PYTHON, "langchain", OWN},
    {PYTHON, "litellm", OWN},
    {PYTHON, "import openai", OWN},
    {PYTHON, "from openai", OWN},
    {PHP, "curl_init", CURL},
    {PHP, "curl_multi_init", CURL},
    {PHP, "GuzzleHttp", CURL},
    {PHP, "FFI::cdef", FOREIGN},
    {PHP, "file_get_contents(\"https", OWN},
    {PHP, "file_get_contents('https", OWN},
    {PHP, "stream_context_create", OWN},
    {PHP, "SoapClient", OWN},
    {PHP, "fsockopen", OWN},
    {RUBY, "typhoeus", CURL},
    {RUBY, "require 'curb'", CURL},
    {RUBY, "require \"curb\"", CURL},
    {RUBY, "ethon", CURL},
    {RUBY, "patron", CURL},
    {RUBY, "fiddle", FOREIGN},
    {RUBY, "net/http", OWN},
    {RUBY, "open-uri", OWN},
    {RUBY, "faraday", OWN},
    {RUBY, "httparty", OWN},
    {RUBY, "rest-client", OWN},
    {RUBY, "httpx", OWN},
    {NODE, "koffi", FOREIGN},
    {NODE, "node-libcurl", OWN},
    {NODE, "fetch(", OWN},
    {NODE, "axios", OWN},
    {NODE, "require('https')", OWN},
    {NODE, "require(\"https\")", OWN},
    {NODE, "node:https", OWN},
    {NODE, "'got'", OWN},
    {NODE, "\"got\"", OWN},
    {NODE, "undici", OWN},
    {NODE, "openai", OWN},
    {NODE, "anthropic", OWN},
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
    const char *name = text_base_name(interpreter);
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

/* `clears`: what takes LD_PRELOAD from it, or NULL. */
static void say_call(struct calls *calls, const char *word, const char *clears)
{
    char file[PATH_MAX];
    struct program_judgement judgement = {0};
    if (!is_new(calls, word) || program_find(word, getenv("PATH"), file) != 0)
        return;
    program_judge(file, NULL, &judgement);
    calls->told += doctor_called(calls->doctor, calls->script, file, &judgement, clears);
}

/* "curl)" of a case and "curl()" of a function are no calls. */
static bool is_call(const char *after, unsigned depth)
{
    return *after != '(' && !(*after == ')' && depth == 0);
}

/* Whether the command's name is still to come behind this word. */
static bool take_word(struct calls *calls, struct shell_front *front, const char *word,
                      const char *after, unsigned depth)
{
    enum shell_word is = shell_front_take(front, word);
    if (is == SHELL_COMMAND && is_call(after, depth))
        say_call(calls, word, front->clears);
    return is == SHELL_BEFORE;
}

/* Words that stand where the shell reads a command, taken without regard to quotes within them. */
static void find_commands(struct calls *calls, const char *text)
{
    static const char ends[] = " \t\n;|&()`\"'<>#";
    struct shell_front front = {0};
    bool command = true;
    unsigned depth = 0;
    while (*text != '\0') {
        char word[MAX_WORD];
        size_t length = strcspn(text, ends);
        if (length > 0 && length < sizeof word && command) {
            memcpy(word, text, length);
            word[length] = '\0';
            command = take_word(calls, &front, word, text + length, depth);
        } else if (length > 0) {
            command = false;
        }
        text += length;
        if (*text == '#' && length == 0)
            text += strcspn(text, "\n");
        else if (*text != '\0') {
            depth += *text == '(';
            depth -= *text == ')' && depth > 0;
            if (strchr("\n;|&(`", *text++) != NULL) {
                front = (struct shell_front){0};
                command = true;
            }
        }
    }
}

/* ---- the modules of other scripts, and the commands in their strings ------------------------- */

static void find_hints(struct calls *calls, enum language language, const char *text)
{
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (hints[i].language != language || strstr(text, hints[i].text) == NULL ||
            (hints[i].way == FOREIGN && strstr(text, "curl") == NULL))
            continue;
        calls->told++;
        if (hints[i].way != OWN)
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
/* HTTPie's programs have the names of modules, which stand in quotes alone and behind a '/'. */
static bool is_module(const char *name, const char *text, const char *at)
{
    return strncmp(name, "http", 4) == 0 &&
           (at[strlen(name)] != ' ' || (at > text && strchr("/{", at[-1]) != NULL));
}

static void find_askers(struct calls *calls, const char *text)
{
    for (const char *const *name = askers; *name != NULL; name++) {
        size_t length = strlen(*name);
        for (const char *at = text; (at = strstr(at, *name)) != NULL; at += length) {
            if (begins_string(text, at) && !is_module(*name, text, at) && at[length] != '\0' &&
                strchr(" \"'`,", at[length]) != NULL) {
                say_call(calls, *name, NULL);
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
