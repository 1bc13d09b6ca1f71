/*
 * journal_fields.h - the fields of a line in the machine's journal.
 *
 * MUST: a field that was released keeps its name and its meaning, for people's searches and alarms
 *       are built on it. A new one gets a line in libcommissioned-auth(8).
 */
#ifndef COMMISSIONED_JOURNAL_FIELDS_H
#define COMMISSIONED_JOURNAL_FIELDS_H

#define JOURNAL_FIELDS(X)                                                                          \
    X(VERDICT)    /* "key", "pass" or "fail" */                                                    \
    X(REASON)     /* a code of reason.h */                                                         \
    X(RULE)       /* the rule's name, where one applied */                                         \
    X(KEY)        /* its key's name */                                                             \
    X(KEY_PREFIX) /* what of the key identifies it to a person */                                  \
    X(PROGRAM)    /* the executable's path */                                                      \
    X(PID)        /* process */                                                                    \
    X(UID)        /* user: of a request the effective one, of a change the real one */             \
    X(HOST)       /* of the request */                                                             \
    X(METHOD)     /* GET, POST, ... */                                                             \
    X(PATH)       /* without the query */                                                          \
    X(STATUS)     /* the answer's, where there was one */                                          \
    X(TOKEN)      /* of a gateway: the name of the token that the request brought */               \
    X(STATE)      /* what goes on in spite of what the line says */                                \
    X(ENGINE)     /* the engine of a bridge or a gateway */                                        \
    X(ACTION)     /* the verb that changed something */                                            \
    X(OBJECT)     /* the file or the key that it was about */                                      \
    X(RESULT)     /* "done", "nothing changed" or "failed" */                                      \
    X(LOGINUID)   /* who logged in, whoever it became since */                                     \
    X(TERMINAL)   /* where it was typed, by the caller's own word */                               \
    X(FROM)       /* the address that SSH names, by the caller's own word */

/* A field's name in full, of one in the list: FIELD(RULE). */
#define JOURNAL_FIELD_NAME(name) FIELD_##name,
enum journal_field_number { JOURNAL_FIELDS(JOURNAL_FIELD_NAME) FIELD_COUNT };
#undef JOURNAL_FIELD_NAME
#define FIELD(name) ((void)FIELD_##name, "COMMISSIONED_" #name)

#endif
