#include "cli/take_back.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/atomic_file.h"
#include "cli/lock_file.h"
#include "cli/preload_file.h"
#include "cli/rooted.h"
#include "cli/switch_mark.h"
#include "commissioned/journal_fields.h"
#include "core/cleanup.h"
#include "core/journal.h"

enum { DONE = 0, FAILED = 2, LOCK_SECONDS = 3, MARK_SECONDS = 5, MESSAGE_SIZE = 512 };

/* The kernel's log where no other is there: early in a boot, late in a shutdown. */
static void tell(enum journal_kind kind, const char *text)
{
    char line[MESSAGE_SIZE + 64];
    const struct journal_field action = {FIELD(ACTION), "take-back"};
    if (journal_send(kind, text, &action, 1))
        return;
    auto_close int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    int length = snprintf(line, sizeof line, "<%d>commissioned-auth: %s\n",
                          (int)journal_priority(kind), text);
    if (fd >= 0 && write(fd, line, (size_t)length) < 0)
        return;
}

static int failed(const char *root, const char *what)
{
    char text[MESSAGE_SIZE];
    snprintf(text, sizeof text,
             "%s%s: %m: the system-wide switch was not confirmed and could not be taken back: run "
             "commissioned-auth-off",
             root != NULL ? root : "", what);
    tell(JOURNAL_NOT_TAKEN_BACK, text);
    return FAILED;
}

/* Held by the descriptor, so that no confirmation comes between. One that does not come free is no
 * reason to leave the switch on. */
static int take_lock(int top)
{
    auto_close int folder = rooted_folder(top, STATE_FOLDER);
    pid_t holder;
    return folder < 0 ? -1 : lock_file_take(folder, LOCK_NAME, LOCK_SECONDS, &holder);
}

enum preload_out take_off(int etc, const char **file)
{
    *file = "/etc/" PRELOAD_NAME;
    enum preload_out out = preload_take_out(etc);
    if (out == PRELOAD_OUT_FAILED)
        return out;
    *file = "/etc/" MARK_NAME;
    if (mark_clear(etc) != 0)
        return PRELOAD_OUT_FAILED;
    *file = "/etc/" PRELOAD_NAME;
    return preload_take_out(etc) == PRELOAD_OUT_FAILED ? PRELOAD_OUT_FAILED : out;
}

/* What was confirmed stands as it stood when the mark was written. */
static bool is_as_confirmed(int etc, const struct switch_mark *mark)
{
    size_t size;
    auto_free char *text =
        *mark->kept != '\0' ? atomic_read(etc, PRELOAD_NAME, MAX_PRELOAD, &size) : NULL;
    return text != NULL && strlen(text) == size && preload_stands_alone(text, mark->kept);
}

/* An enable that is there yet names its library before it looks for its mark: so it is looked at
 * once more behind the mark. */
static int take_out(int etc, const struct switch_mark *mark, const char *root)
{
    const char *file;
    if (is_as_confirmed(etc, mark) && mark_clear(etc) == 0 && is_as_confirmed(etc, mark))
        return DONE;
    enum preload_out out = take_off(etc, &file);
    if (out == PRELOAD_OUT_FAILED)
        return failed(root, file);
    if (out == PRELOAD_OUT_DONE)
        tell(JOURNAL_TAKEN_BACK, "the system-wide switch was not confirmed and is off again");
    return DONE;
}

static bool is_mine(int etc, struct switch_mark *mark)
{
    int there = mark_read(etc, mark);
    return there < 0 || (there > 0 && mark->watcher == getpid());
}

static int take_back(const char *root)
{
    auto_close int top = rooted_top(root);
    auto_close int etc = top < 0 ? -1 : rooted_open(top, "/etc", O_RDONLY | O_DIRECTORY);
    if (etc < 0)
        return errno == ENOENT ? DONE : failed(root, "/etc");
    auto_close int lock = take_lock(top);
    (void)lock;
    struct switch_mark mark;
    return is_mine(etc, &mark) ? take_out(etc, &mark, root) : DONE;
}

/* The mark is written when its watcher is there: an old watcher must have one, a young one may be
 * early. */
static bool is_over(const char *root, bool young)
{
    auto_close int top = rooted_top(root);
    auto_close int etc = top < 0 ? -1 : rooted_open(top, "/etc", O_RDONLY | O_DIRECTORY);
    struct switch_mark mark;
    int there = etc < 0 ? -1 : mark_read(etc, &mark);
    if (etc < 0 && errno == ENOENT)
        return true; /* a tree that was removed */
    if (there < 0 || (there == 0 && young))
        return false;
    return there == 0 || mark.watcher != getpid();
}

static void ending_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
}

void take_back_block_signals(void)
{
    sigset_t signals;
    ending_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

int take_back_watch(const char *root, unsigned seconds)
{
    const struct timespec second = {.tv_sec = 1};
    struct timespec now;
    sigset_t signals;
    ending_signals(&signals);
    /* The clock that goes on while the machine sleeps. */
    clock_gettime(CLOCK_BOOTTIME, &now);
    const time_t begin = now.tv_sec;
    while (now.tv_sec - begin < (time_t)seconds && sigtimedwait(&signals, NULL, &second) < 0) {
        if (is_over(root, now.tv_sec - begin < MARK_SECONDS))
            return DONE;
        clock_gettime(CLOCK_BOOTTIME, &now);
    }
    return take_back(root);
}

int take_back_of_other_boot(void)
{
    auto_close int etc = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct switch_mark mark;
    if (etc < 0)
        return failed(NULL, "/etc");
    int there = mark_read(etc, &mark);
    if (there < 0)
        return failed(NULL, "/etc/" MARK_NAME);
    return there == 0 || mark_is_of_this_boot(&mark) ? DONE : take_out(etc, &mark, NULL);
}
