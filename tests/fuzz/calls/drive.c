#include "drive.h"

#include <errno.h>

#include "callbacks.h"
#include "handle.h"
#include "loop.h"
#include "trace.h"

enum { ROUNDS = 300 };

CURLM *multis[MULTIS];

CURLM *multi_of(unsigned number)
{
    if (multis[number] == NULL) {
        multis[number] = curl_multi_init();
        if (number == STEPS_LOOPED)
            loop_watch(multis[number]);
    }
    return multis[number];
}

static struct handle *handle_of_easy(const CURL *easy)
{
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].easy == easy)
            return &handles[i];
    return NULL;
}

void read_messages(CURLM *multi)
{
    int queued;
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &queued)) != NULL;) {
        struct handle *handle = handle_of_easy(m->easy_handle);
        if (m->msg == CURLMSG_DONE && handle != NULL)
            handle_end(handle, m->data.result);
    }
}

/* Waits as the step says. */
static void wait_for(CURLM *multi, unsigned how)
{
    if (how % 4 == 2)
        curl_multi_wakeup(multi);
    if (how % 4 >= 2)
        curl_multi_poll(multi, NULL, 0, 10, NULL);
    else
        curl_multi_wait(multi, NULL, 0, 10, NULL);
}

static int driven; /* one more than the number of the multi handle that is driven, or 0 */

static int drive_it(unsigned number, unsigned rounds, unsigned how)
{
    CURLM *multi = multi_of(number);
    handle_drive((int)number);
    if (steps_by_loop(number, how))
        return loop_drive(multi, rounds, (enum loop_way)steps_loop_way(how));
    int running = 0;
    for (unsigned i = 0; i < rounds; i++) {
        errno = 0;
        CURLMcode code = curl_multi_perform(multi, &running);
        trace("m%u perform: %d running %d errno=%d", number, (int)code, running, errno);
        if (code != CURLM_OK || running == 0)
            break;
        wait_for(multi, how / 3);
    }
    return running;
}

bool is_driven(unsigned number)
{
    return driven == (int)number + 1;
}

/*
 * Left out: whoever drives a multi handle within its own callback is refused by libcurl; but 7.88.1
 * does not see that it is in a prereq callback, and sends the request twice.
 */
static bool goes_in_circles(unsigned number)
{
    return is_driven(number) && callback_innermost == CB_PREREQ &&
           curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
}

int drive(unsigned number, unsigned rounds, unsigned how)
{
    int outer = driven;
    if (goes_in_circles(number))
        return 0;
    if (is_driven(number))
        handle_drive_within((int)number);
    driven = (int)number + 1;
    int running = drive_it(number, rounds, how);
    driven = outer;
    return running;
}

void finish(unsigned number, unsigned how)
{
    for (int i = 0; i < ROUNDS && drive(number, 20, how) > 0; i++)
        read_messages(multi_of(number));
    read_messages(multi_of(number));
}
