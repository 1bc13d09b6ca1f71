/* `run --bridge` by what names this machine knows: each test has a network
 * and an /etc of its own. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "support/bridged.h"
#include "support/suite.h"

enum { TRIES = 3000, DNS_HEADER = 12, QUESTION_END = 5, TYPE_A = 1, TYPE_AAAA = 28 };

/* What the name server does, and how often it was asked. */
struct names {
    int silent;
    int has_ipv6;
    int asked;
};

static struct bridged bridged;
static struct names *names;
static pid_t server;
static bool lacks_network;

/* ---- a name server --------------------------------------------------------------------------- */

static size_t write_answer(unsigned char *packet, size_t size, unsigned type)
{
    static const unsigned char four[] = {127, 0, 0, 1};
    static const unsigned char six[16] = {0xfd, [15] = 1};
    const unsigned char *address = type == TYPE_A ? four : six;
    unsigned char length = type == TYPE_A ? sizeof four : sizeof six;
    const unsigned char head[] = {0xc0, DNS_HEADER, 0,     (unsigned char)type, 0, 1, 0, 0, 0,
                                  1,    0,          length};
    memcpy(packet + size, head, sizeof head);
    memcpy(packet + size + sizeof head, address, length);
    return size + sizeof head + length;
}

/* Of any name; the origin's alone is asked for. */
static size_t answer(unsigned char *packet)
{
    size_t at = DNS_HEADER;
    while (packet[at] != 0)
        at += packet[at] + 1u;
    unsigned type = packet[at + 2];
    bool known = type == TYPE_A || (type == TYPE_AAAA && names->has_ipv6);
    __atomic_fetch_add(&names->asked, 1, __ATOMIC_SEQ_CST);
    packet[2] = 0x81;
    packet[3] = 0x80;
    memcpy(packet + 4, (const unsigned char[]){0, 1, 0, known, 0, 0, 0, 0}, 8);
    return known ? write_answer(packet, at + QUESTION_END, type) : at + QUESTION_END;
}

static void serve_names(int fd)
{
    unsigned char packet[2048];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t got;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while ((got = recvfrom(fd, packet, 1024, 0, (struct sockaddr *)&from, &length)) > 0)
        if (!__atomic_load_n(&names->silent, __ATOMIC_SEQ_CST) && got > DNS_HEADER + QUESTION_END)
            sendto(fd, packet, answer(packet), 0, (struct sockaddr *)&from, length);
    _exit(1);
}

static void start_names(void)
{
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof here), 0);
    server = fork();
    if (server == 0)
        serve_names(fd);
    close(fd);
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool has_own_network(void)
{
    struct ifreq loopback = {.ifr_flags = IFF_UP | IFF_RUNNING};
    int fd;
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("etc", "/etc", "tmpfs", 0, NULL) != 0)
        return false;
    memcpy(loopback.ifr_name, "lo", sizeof "lo");
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    close(fd);
    return up;
}

static void set_policy(void)
{
    char text[512];
    snprintf(text, sizeof text,
             "extra_origins = [\"https://app.commissioned.tech:%u\"];\n"
             "keys = ( { name = \"a\"; file = \"@A\"; } );\n"
             "rules = ( { name = \"all\"; key = \"a\"; url = "
             "\"https://app.commissioned.tech:%u/v1\"; } );",
             bridged_origin.tls_port, bridged_origin.tls_port);
    bridged_policy(text);
}

static void setup(void)
{
    lacks_network = !has_own_network();
    if (lacks_network)
        return;
    names = mmap(NULL, sizeof *names, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(names, MAP_FAILED);
    start_names();
    bridged_start();
    bridged_connects = false;
    set_policy();
    write_file("/etc/nsswitch.conf", "hosts: files dns\n", 0644);
    write_file("/etc/hosts", "127.0.0.1 localhost\n", 0644);
    write_file("/etc/resolv.conf", "nameserver 127.0.0.1\n", 0644);
}

static void teardown(void)
{
    if (lacks_network)
        return;
    bridged_stop();
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static bool skips(const char *test)
{
    if (!lacks_network)
        return bridged_skips(test);
    printf("SKIP %.*s: no network and mount namespaces here\n", (int)strlen(test) - 3, test);
    fflush(stdout);
    return true;
}

static void becomes(int status)
{
    int got = 0;
    for (int i = 0; i < TRIES && (got = bridged_get("/v1/x")) != status; i++)
        usleep(10000);
    ck_assert_int_eq(got, status);
}

static void wait_for_questions(int more)
{
    int until = __atomic_load_n(&names->asked, __ATOMIC_SEQ_CST) + more;
    for (int i = 0; i < TRIES; i++) {
        if (__atomic_load_n(&names->asked, __ATOMIC_SEQ_CST) >= until)
            return;
        usleep(10000);
    }
    ck_abort_msg("nobody asks for the name");
}

/* ---- */

START_TEST(an_address_of_ipv6_does_not_lead_a_machine_without_it_astray)
{
    if (skips(__func__))
        return;
    names->has_ipv6 = true;
    bridged_begin(&bridged, NULL);
    becomes(200);
    wait_for_questions(4);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_end(&bridged);
}
END_TEST

START_TEST(servers_for_names_that_do_not_answer_keep_nothing_from_starting)
{
    if (skips(__func__))
        return;
    names->silent = true;
    write_file("/etc/resolv.conf", "nameserver 127.0.0.1\nnameserver 127.0.0.2\n", 0644);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 503);
    ck_assert_ptr_nonnull(strstr(bridged_body(), "upstream_unreachable"));
    __atomic_store_n(&names->silent, 0, __ATOMIC_SEQ_CST);
    becomes(200);
    bridged_end(&bridged);
}
END_TEST

START_TEST(a_machine_without_resolv_conf_has_its_hosts)
{
    char hosts[128];
    if (skips(__func__))
        return;
    snprintf(hosts, sizeof hosts, "127.0.0.1 localhost app.commissioned.tech\n");
    write_file("/etc/hosts", hosts, 0644);
    ck_assert_int_eq(unlink("/etc/resolv.conf"), 0);
    bridged_begin(&bridged, NULL);
    ck_assert_int_eq(bridged_get("/v1/x"), 200);
    bridged_end(&bridged);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("bridge_network");
    TCase *found = tcase_create("names");
    tcase_add_checked_fixture(found, setup, teardown);
    tcase_set_timeout(found, 120);
    tcase_add_test(found, an_address_of_ipv6_does_not_lead_a_machine_without_it_astray);
    tcase_add_test(found, servers_for_names_that_do_not_answer_keep_nothing_from_starting);
    tcase_add_test(found, a_machine_without_resolv_conf_has_its_hosts);
    suite_add_tcase(suite, found);
    return suite;
}

int main(void)
{
    return suite_run(suite());
}
