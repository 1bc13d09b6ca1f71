#include "preload/request/report_line.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "commissioned/journal_fields.h"
#include "core/ids.h"
#include "core/journal.h"
#include "core/names.h"
#include "core/spare.h"

enum {
    MAX_NAME_SHOWN = 64,       /* bytes of a rule's name in a message */
    MAX_LINES_PER_PERIOD = 60, /* what a loop may write to the journal ... */
    PERIOD_SECONDS = 60,       /* ... in this time: the rest is counted and said in one line */
};

/* ---- the journal, not too fast --------------------------------------------------------------- */

static struct {
    int64_t period; /* atomic: the number of the minute */
    unsigned lines; /* atomic: in it */
} pace;

bool report_has_room(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t period = now.tv_sec / PERIOD_SECONDS + 1;
    int64_t before = __atomic_load_n(&pace.period, __ATOMIC_RELAXED);
    if (before != period && __atomic_compare_exchange_n(&pace.period, &before, period, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        unsigned lines = __atomic_exchange_n(&pace.lines, 0, __ATOMIC_RELAXED);
        if (before != 0 && lines > MAX_LINES_PER_PERIOD) {
            char text[80];
            snprintf(text, sizeof text, "%u lines of this process were left out",
                     lines - MAX_LINES_PER_PERIOD);
            journal_send(JOURNAL_LINES_LEFT_OUT, text, NULL, 0);
        }
    }
    return __atomic_fetch_add(&pace.lines, 1, __ATOMIC_RELAXED) < MAX_LINES_PER_PERIOD;
}

static const char *program_path(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0)
        return NULL;
    path[length] = '\0';
    return path;
}

struct line_texts {
    char message[REPORT_LINE_SIZE];
    char program[REPORT_LINE_SIZE];
};

static enum journal_kind kind_of(enum verdict verdict)
{
    return verdict == VERDICT_KEY    ? JOURNAL_KEY_GIVEN
           : verdict == VERDICT_FAIL ? JOURNAL_NOT_SENT
                                     : JOURNAL_NO_KEY;
}

/*
 * All that an alarm needs, for whoever gets the text alone. What the program chooses itself, its
 * own path, stands behind what it does not, so that it cannot pass for another line.
 */
static void write_message(char *text, size_t size, const struct report_line *line,
                          const char *program)
{
    const struct decision *decision = &line->decision;
    bool named = decision->rule != NULL;
    snprintf(text, size, "%s [%s]: %.*s, %s%.*s, program %.*s: %s", verdict_code(decision->verdict),
             reason_code(decision->reason), REPORT_TEXT_SIZE, line->host != NULL ? line->host : "?",
             named ? "rule " : "no rule", MAX_NAME_SHOWN, named ? decision->rule->name : "",
             REPORT_TEXT_SIZE, program != NULL ? program : "unknown", decision_why(decision));
}

static void send_with(const struct report_line *line, struct line_texts *texts)
{
    char pid[16], uid[16], status[16];
    const struct decision *decision = &line->decision;
    const struct policy_key *key = decision->key;
    uid_t user = (uid_t)-1;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    ids_user(&user); /* what a C library says may be another library's (fakeroot) */
    snprintf(uid, sizeof uid, "%u", (unsigned)user);
    snprintf(status, sizeof status, "%ld", line->status);
    const char *program = program_path(texts->program, sizeof texts->program);
    write_message(texts->message, sizeof texts->message, line, program);
    const struct journal_field fields[] = {
        {FIELD(VERDICT), verdict_code(decision->verdict)},
        {FIELD(REASON), reason_code(decision->reason)},
        {FIELD(RULE), decision->rule != NULL ? decision->rule->name : NULL},
        {FIELD(KEY), key != NULL ? key->name : NULL},
        {FIELD(KEY_PREFIX), key != NULL ? key->prefix : NULL},
        {FIELD(PROGRAM), program},
        {FIELD(PID), pid},
        {FIELD(UID), uid},
        {FIELD(HOST), line->host},
        {FIELD(METHOD), line->method},
        {FIELD(PATH), line->path},
        {FIELD(STATUS), line->status != 0 ? status : NULL},
    };
    journal_send(kind_of(decision->verdict), texts->message, fields,
                 sizeof fields / sizeof fields[0]);
}

static struct line_texts spare;
static bool spare_is_taken;

void report_line_send(const struct report_line *line)
{
    if (!report_has_room())
        return;
    struct line_texts *texts = spare_take(&spare_is_taken, &spare, sizeof spare);
    if (texts == NULL)
        return;
    send_with(line, texts);
    spare_give(&spare_is_taken, &spare, texts, sizeof spare);
}

/* ---- debug output ---------------------------------------------------------------------------- */

/*
 * One write, so that lines of several threads do not mix. A pipe that nobody reads would end the
 * host (SIGPIPE), a full one would stop it: such a line is dropped. poll(2) answers POLLOUT for a
 * pipe with room for PIPE_BUF bytes, which are more than a line.
 */
void report_debug(const char *line, int length)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    size_t size = length < REPORT_LINE_SIZE ? (size_t)length : REPORT_LINE_SIZE - 1;
    if (length <= 0 || poll(&out, 1, 0) != 1 || out.revents != POLLOUT)
        return;
    if (write(STDERR_FILENO, line, size) < 0)
        return; /* who closed it gets nothing */
}

__attribute__((noinline)) void report_line_show(const struct report_line *about,
                                                const struct target *target)
{
    char line[REPORT_LINE_SIZE], place[REPORT_LINE_SIZE / 2],
        rule[REPORT_LINE_SIZE / 2 + 64] = "", outcome[REPORT_TEXT_SIZE], port[16] = "";
    const struct decision *decision = &about->decision;
    bool tls = target == NULL || target->tls;
    decision_outcome(outcome, sizeof outcome, decision);
    if (target != NULL && target->port != 0 && target->port != (tls ? HTTPS_PORT : 80))
        snprintf(port, sizeof port, ":%u", (unsigned)target->port);
    if (decision->rule != NULL)
        snprintf(rule, sizeof rule, "; rule %s (%s)", decision->rule->name,
                 rule_place(place, sizeof place, decision->rule));
    int length = snprintf(line, sizeof line, "commissioned-auth: %s %s%s%s%s: %s: %s: %s [%s]%s\n",
                          about->method != NULL ? about->method : "?",
                          target == NULL ? ""
                          : tls          ? "https://"
                                         : "http://",
                          about->host, port, about->path, verdict_text(decision->verdict), outcome,
                          decision_why(decision), reason_code(decision->reason), rule);
    if (length >= REPORT_LINE_SIZE)
        line[REPORT_LINE_SIZE - 2] = '\n';
    report_debug(line, length);
}
