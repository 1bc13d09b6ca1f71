#include "preload/policy/who_asks.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What an interpreter runs: the first argument that is no option, if the program is one. It is the
 * process's own word: commissioned-auth.conf(5) says what that is worth.
 */
static const char *find_script(const char *program, char *script, size_t size)
{
    static const char interpreters[][8] = {"python", "perl", "ruby", "php",     "node", "bash",
                                           "dash",   "sh",   "lua",  "Rscript", "tclsh"};
    const char *name = strrchr(program, '/');
    bool interprets = false;
    for (size_t i = 0; name != NULL && i < sizeof interpreters / sizeof interpreters[0]; i++)
        interprets |= strncmp(name + 1, interpreters[i], strlen(interpreters[i])) == 0;
    int fd = interprets ? open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return NULL;
    ssize_t length = read(fd, script, size - 1);
    close(fd);
    script[length > 0 ? length : 0] = '\0';
    const char *end = script + (length > 0 ? length : 0);
    for (const char *word = script + strlen(script) + 1; word < end; word += strlen(word) + 1)
        if (word[0] != '-')
            return word[0] == '/' ? word
                                  : NULL; /* a relative one would mean another file after chdir */
    return NULL;
}

struct policy_image *who_asks_build(policy_build_function *function, const struct places *places)
{
    char program[PATH_SIZE];
    char arguments[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    struct policy_request request = {
        .abi = POLICY_IMAGE_ABI,
        .env_file = places->env_file,
        .user_file = places->user_file,
        .system_file = SYSTEM_FILE,
        .program = length > 0 ? program : NULL,
        .credentials = secure_getenv("CREDENTIALS_DIRECTORY"),
        .env_key = secure_getenv("COMMISSIONED_API_KEY"),
        .env_openai = secure_getenv("OPENAI_API_KEY"),
        .script = length > 0 ? find_script(program, arguments, sizeof arguments) : NULL,
    };
    return function(&request);
}
