#include "fuzz/calls/run_player.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/calls/run_folder.h"

void run_die(const char *what)
{
    perror(what);
    exit(2);
}

void player_start(struct player *player, const char *calls, const char *library, int shift)
{
    int to[2], from[2];
    char text[16];
    snprintf(text, sizeof text, "%d", shift);
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        run_die("pipe");
    player->pid = fork();
    if (player->pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        setenv("HOME", run_folder, 1);
        unsetenv("XDG_CONFIG_HOME");
        unsetenv("COMMISSIONED_AUTH_DEBUG");
        unsetenv("LD_PRELOAD");
        setenv("CALLS_SHIFT", text, 1);
        if (library != NULL)
            setenv("LD_PRELOAD", library, 1);
        execl(calls, calls, run_folder, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    player->to = fdopen(to[1], "w");
    player->from = fdopen(from[0], "r");
}

void player_stop(struct player *player)
{
    fclose(player->to);
    fclose(player->from);
    waitpid(player->pid, NULL, 0);
}

void player_ask(struct player *player, uint64_t seed, uint64_t kept)
{
    fprintf(player->to, "%" PRIx64 " %" PRIx64 "\n", seed, kept);
    fflush(player->to);
}

void player_hear(struct player *player, struct seen *seen, FILE *shown)
{
    char *line = NULL;
    size_t size = 0;
    memset(seen, 0, sizeof *seen);
    FILE *out = open_memstream(&seen->text, &seen->size);
    for (;;) {
        if (getline(&line, &size, player->from) <= 0)
            run_die("the program ended");
        if (shown != NULL)
            fputs(line, shown);
        if (line[0] == '=')
            break;
        if (line[0] == '!' && seen->broken == NULL)
            seen->broken = strdup(line + 2);
        seen->keys += line[0] == '+';
        if (line[0] != '!' && line[0] != '+')
            fputs(line, out);
    }
    seen->status = atoi(line + 1);
    fclose(out);
    free(line);
}

void seen_forget(struct seen *seen)
{
    free(seen->text);
    free(seen->broken);
}
