/*
 * journal_kinds.h - the kinds of lines in the machine's journal: how urgent each is, and the
 * MESSAGE_ID by which the journal, its catalog (conf/commissioned-auth.catalog) and people's alarms
 * know it.
 *
 * MUST: an id that was released keeps its meaning. A new kind gets a new one, made at random
 *       (systemd-id128 new), an entry in the catalog and a line in libcommissioned-auth(8).
 * Source: sd_journal_print(3) and systemd.journal-fields(7), MESSAGE_ID; syslog(3) for the levels.
 */
#ifndef COMMISSIONED_JOURNAL_KINDS_H
#define COMMISSIONED_JOURNAL_KINDS_H

/* As in syslog(3). */
enum journal_priority {
    JOURNAL_ERROR = 3,
    JOURNAL_WARNING = 4,
    JOURNAL_NOTICE = 5,
    JOURNAL_INFO = 6,
};

#define JOURNAL_KINDS(X)                                                                           \
    X(KEY_GIVEN, JOURNAL_INFO, "b0bd0b32dd154e18b5259cd8ad923c19")                                 \
    X(NO_KEY, JOURNAL_WARNING, "443ece520ca24d34ae15e50502623bd2")                                 \
    X(NOT_SENT, JOURNAL_WARNING, "8ca8e3db027f4a17af64869f5213e308")                               \
    X(KEY_REVOKED, JOURNAL_WARNING, "b8e17d1535d64e7f9a405d8be43d0708")                            \
    X(KEY_FORBIDDEN, JOURNAL_WARNING, "979fdf365a144592a429701dea6acb4f")                          \
    X(RATE_LIMIT, JOURNAL_WARNING, "b9c2426278354e3da757859235a943f4")                             \
    X(LAST_GOOD_KEY, JOURNAL_WARNING, "01e57332e6624e988a0c0c15caa10b20")                          \
    X(LINES_LEFT_OUT, JOURNAL_NOTICE, "e86323dee1a14209a2e6943c332b3eda")                          \
    X(CHANGE, JOURNAL_NOTICE, "505678867eb6490d8aab73362ceddcf1")                                  \
    X(TAKEN_BACK, JOURNAL_WARNING, "03b48e99f1ef48458c09a14f5766fa71")                             \
    X(NOT_TAKEN_BACK, JOURNAL_ERROR, "533323355ac549baafd18e97b63b8177")                           \
    X(ENGINE_DIED, JOURNAL_ERROR, "f2be8a7d4ef940679eaf7d12a56d1b34")                              \
    X(OTHER_C_LIBRARY, JOURNAL_WARNING, "b2da219f46a14fc28055e1ef71201938")

#define JOURNAL_KIND_NAME(name, priority, id) JOURNAL_##name,
enum journal_kind { JOURNAL_KINDS(JOURNAL_KIND_NAME) JOURNAL_KIND_COUNT };
#undef JOURNAL_KIND_NAME

#endif
