#include "preload/request/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ids.h"
#include "preload/loader/slab.h"
#include "preload/request/trust_pem.h"

enum {
    MAX_FILE = 4 * 1024 * 1024, /* bytes of a bundle */
    MAX_CERTIFICATE = 8192,     /* bytes of one certificate */
    NAMES_WITHIN = 480,         /* of most, the names are in the first so many bytes */
    MAX_SAME_HASH = 8,
    MAX_FOLDER = 1024, /* files that are read of one */
    PATH_SIZE = 4096,
};

/* ---- certificates in a text ------------------------------------------------------------------ */

static bool is_wanted(const struct trust_search *search, struct der certificate)
{
    struct der_names names;
    if (!der_names(certificate, &names))
        return false;
    for (size_t i = 0; i < search->nnames; i++)
        if (der_equal(names.subject, search->names[i]))
            return true;
    return false;
}

static struct der decode(const char *text, size_t length, unsigned char *room, size_t size)
{
    return (struct der){room, pem_decode(text, length, room, size)};
}

/* `room` is for MAX_CERTIFICATE bytes. */
static void search_text(struct trust_search *search, const char *text, size_t size,
                        unsigned char *room)
{
    const char *end = text + size, *block;
    size_t length;
    while (search->nfound < MAX_TRUST_FOUND && (block = pem_next(&text, end, &length)) != NULL) {
        struct der_names names;
        struct der certificate = decode(block, length, room, NAMES_WITHIN);
        if (der_names(certificate, &names) && !is_wanted(search, certificate))
            continue;
        certificate = decode(block, length, room, MAX_CERTIFICATE);
        if (certificate.length == MAX_CERTIFICATE || !is_wanted(search, certificate))
            continue;
        search->nfound++;
        search->found(search->data, certificate);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Nobody but root and this user could have written it. */
static bool is_safe(const struct stat *status)
{
    uid_t user = 0;
    ids_user(&user);
    return S_ISREG(status->st_mode) && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
           (status->st_uid == 0 || status->st_uid == user) && status->st_size <= MAX_FILE;
}

static size_t read_all(int fd, char *to, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t got = read(fd, to + used, size - used);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    return used;
}

static bool search_open(struct trust_search *search, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !is_safe(&status))
        return true;
    size_t size = (size_t)status.st_size;
    char *memory = slab_map(size + MAX_CERTIFICATE);
    if (memory == NULL)
        return false;
    search->read = true;
    search_text(search, memory, read_all(fd, memory, size), (unsigned char *)memory + size);
    slab_unmap(memory, size + MAX_CERTIFICATE);
    return true;
}

/* No verdict on the file: this process cannot open any. */
static bool is_want(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* False for want; *there says whether something has that name. */
static bool search_file(struct trust_search *search, const char *path, bool *there)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    *there = fd >= 0 || errno != ENOENT;
    if (fd < 0)
        return !is_want(errno);
    bool done = search_open(search, fd);
    close(fd);
    return done;
}

/* ---- folders --------------------------------------------------------------------------------- */

struct entry { /* getdents64(2) */
    uint64_t inode;
    int64_t next;
    unsigned short size;
    unsigned char type;
    char name[];
};

/* A folder being read, and how far. */
struct listing {
    int fd;
    long size;
    long at;
    char buffer[4096] __attribute__((aligned(8)));
};

/* Not on the stack, which may be a short one. */
struct folder_room {
    char path[PATH_SIZE];
    struct listing listing;
};

/* The next name that does not begin with a dot, or NULL. */
static const char *next_name(struct listing *listing)
{
    for (;;) {
        if (listing->at >= listing->size) {
            listing->size =
                syscall(SYS_getdents64, listing->fd, listing->buffer, sizeof listing->buffer);
            listing->at = 0;
        }
        if (listing->size <= 0)
            return NULL;
        const struct entry *entry =
            (const struct entry *)(const void *)(listing->buffer + listing->at);
        listing->at += entry->size;
        if (entry->name[0] != '.')
            return entry->name;
    }
}

static bool open_listing(struct listing *listing, const char *folder)
{
    listing->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    listing->size = 0;
    listing->at = 0;
    return listing->fd >= 0;
}

/* As c_rehash(1) names them: the hash of the subject, and a number. */
static bool search_hashed(struct trust_search *search, const char *folder, char *path)
{
    for (size_t i = 0; i < search->nnames; i++) {
        bool there = true;
        for (unsigned number = 0; there && number < MAX_SAME_HASH; number++) {
            snprintf(path, PATH_SIZE, "%s/%08lx.%u", folder, search->hashes[i], number);
            if (!search_file(search, path, &there))
                return false;
        }
    }
    return true;
}

/* Every file of it, until one has what is looked for. */
static bool search_whole(struct trust_search *search, const char *folder, struct folder_room *room)
{
    struct listing *listing = &room->listing;
    char *path = room->path;
    const char *name;
    bool there, done = true;
    if (!open_listing(listing, folder))
        return !is_want(errno);
    for (unsigned files = 0;
         done && search->nfound == 0 && files < MAX_FOLDER && (name = next_name(listing)) != NULL;
         files++) {
        snprintf(path, PATH_SIZE, "%s/%s", folder, name);
        done = search_file(search, path, &there);
    }
    close(listing->fd);
    return done;
}

/* A folder without what is looked for is a trust all the same, unless it is empty. */
static bool note_folder(struct trust_search *search, const char *folder, struct listing *listing)
{
    if (search->read)
        return true;
    if (!open_listing(listing, folder))
        return !is_want(errno);
    search->read = next_name(listing) != NULL;
    close(listing->fd);
    return true;
}

/* Debian's folder holds its bundle too, under this name: the one file is sooner read than all. */
#define BUNDLE "/ca-certificates.crt"

static bool search_in(struct trust_search *search, const char *folder, struct folder_room *room)
{
    bool there;
    bool done = !search->hashed || search_hashed(search, folder, room->path);
    if (!done || search->nfound > 0)
        return done;
    snprintf(room->path, PATH_SIZE, "%s" BUNDLE, folder);
    done = search_file(search, room->path, &there);
    if (!done || search->nfound > 0)
        return done;
    return search->hashed ? note_folder(search, folder, &room->listing)
                          : search_whole(search, folder, room);
}

static bool search_folder(struct trust_search *search, const char *folder)
{
    struct folder_room *room = slab_map(sizeof *room);
    bool done = room != NULL && search_in(search, folder, room);
    if (room != NULL)
        slab_unmap(room, sizeof *room);
    return done;
}

/* ---- where ----------------------------------------------------------------------------------- */

static bool is_absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

/* The bundle in that folder, which was read with it. */
static bool is_bundle_of(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && strcmp(path + length, BUNDLE) == 0;
}

/* What that libcurl was built with; both since 7.70. */
static bool search_built_in(struct trust_search *search)
{
    const curl_version_info_data *info = search->provider->real.version_info(CURLVERSION_NOW);
    bool there;
    if (info->age < CURLVERSION_SEVENTH)
        return true;
    const char *folder = is_absolute(info->capath) ? info->capath : NULL;
    const char *bundle = is_absolute(info->cainfo) ? info->cainfo : NULL;
    if (folder != NULL && !search_folder(search, folder))
        return false;
    if (bundle == NULL || search->nfound > 0 || (folder != NULL && is_bundle_of(bundle, folder)))
        return true;
    return search_file(search, bundle, &there);
}

/* Debian, Alpine; Fedora and its kin; SUSE; the others'. */
static bool search_distribution(struct trust_search *search)
{
    static const char bundles[] = "/etc/ssl/certs/ca-certificates.crt\0"
                                  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem\0"
                                  "/etc/pki/tls/certs/ca-bundle.crt\0"
                                  "/etc/ssl/ca-bundle.pem\0"
                                  "/etc/ssl/cert.pem\0";
    bool there, done = true;
    for (const char *path = bundles; done && !search->read && *path != '\0';
         path += strlen(path) + 1)
        done = search_file(search, path, &there);
    return done;
}

static bool search_ca(struct trust_search *search)
{
    unsigned char *room = search->ca->pem != NULL ? slab_map(MAX_CERTIFICATE) : NULL;
    if (room == NULL)
        return search->ca->pem == NULL;
    search->read = true;
    search_text(search, search->ca->pem, strlen(search->ca->pem), room);
    slab_unmap(room, MAX_CERTIFICATE);
    return true;
}

bool trust_find(struct trust_search *search)
{
    search->nfound = 0;
    search->read = false;
    if (search->ca != NULL)
        return search_ca(search);
    return search_built_in(search) && (search->read || search_distribution(search));
}
