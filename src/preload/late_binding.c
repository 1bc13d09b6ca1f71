#include "late_binding.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "elf_find.h"
#include "handle.h"
#include "late_libc.h"
#include "locks.h"
#include "provider.h"

/* Relocations that hold a function's address, and how an entry of the table is laid out, by
 * machine. */
#if defined(__x86_64__)
enum { REL_SLOT = R_X86_64_JUMP_SLOT, REL_DATA = R_X86_64_GLOB_DAT, REL_ADDRESS = R_X86_64_64 };
#elif defined(__i386__)
enum { REL_SLOT = R_386_JMP_SLOT, REL_DATA = R_386_GLOB_DAT, REL_ADDRESS = R_386_32 };
#elif defined(__aarch64__)
enum {
    REL_SLOT = R_AARCH64_JUMP_SLOT,
    REL_DATA = R_AARCH64_GLOB_DAT,
    REL_ADDRESS = R_AARCH64_ABS64
};
#else
enum { REL_SLOT = -1, REL_DATA = -1, REL_ADDRESS = -1 }; /* nothing is re-pointed */
#endif

#ifdef __LP64__
typedef ElfW(Rela) relocation;
enum { REL_TABLE = DT_RELA, REL_SIZE = DT_RELASZ };
#define RELOCATION_TYPE(info)   ELF64_R_TYPE(info)
#define RELOCATION_SYMBOL(info) ELF64_R_SYM(info)
#else
typedef ElfW(Rel) relocation;
enum { REL_TABLE = DT_REL, REL_SIZE = DT_RELSZ };
#define RELOCATION_TYPE(info)   ELF32_R_TYPE(info)
#define RELOCATION_SYMBOL(info) ELF32_R_SYM(info)
#endif

/* ---- the names ---------------------------------------------------------------------------------
 */

enum ours { EASY_INIT, MULTI_INIT, NAMES = 12 };

static const char names[NAMES][26] = {
    "curl_easy_init",       "curl_multi_init",          "curl_easy_cleanup",
    "curl_easy_duphandle",  "curl_easy_perform",        "curl_easy_reset",
    "curl_easy_setopt",     "curl_multi_add_handle",    "curl_multi_cleanup",
    "curl_multi_info_read", "curl_multi_remove_handle", "curl_multi_setopt"};

/* Our function of that name. */
static void *exported(unsigned name)
{
    switch (name) {
    case EASY_INIT:
        return (void *)curl_easy_init;
    case MULTI_INIT:
        return (void *)curl_multi_init;
    case 2:
        return (void *)curl_easy_cleanup;
    case 3:
        return (void *)curl_easy_duphandle;
    case 4:
        return (void *)curl_easy_perform;
    case 5:
        return (void *)curl_easy_reset;
    case 6:
        return (void *)curl_easy_setopt;
    case 7:
        return (void *)curl_multi_add_handle;
    case 8:
        return (void *)curl_multi_cleanup;
    case 9:
        return (void *)curl_multi_info_read;
    case 10:
        return (void *)curl_multi_remove_handle;
    default:
        return (void *)curl_multi_setopt;
    }
}

static unsigned number_of(const char *name)
{
    unsigned i = 0;
    while (i < NAMES && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* What stands for that name of that libcurl. */
static void *replacement(unsigned name, const struct provider *provider)
{
    if (name == EASY_INIT)
        return handle_easy_entry(provider_number(provider));
    if (name == MULTI_INIT)
        return handle_multi_entry(provider_number(provider));
    return exported(name);
}

bool late_binding_is_ours(const char *name)
{
    return late_libc_bind() && number_of(name) < NAMES;
}

bool late_binding_is_exported(const void *function)
{
    unsigned i = 0;
    while (i < NAMES && exported(i) != function)
        i++;
    return i < NAMES;
}

void *late_binding_instead(const char *name, void *found)
{
    int saved = errno;
    const struct provider *provider = provider_of(found);
    if (provider != NULL)
        found = replacement(number_of(name), provider);
    errno = saved;
    return found;
}

/* ---- what was loaded ---------------------------------------------------------------------------
 */

enum { NAME_SIZE = 512 };

/* An object that may call libcurl. Copied, for it may be unloaded as soon as the loader's lock is
 * free. */
struct candidate {
    uintptr_t base;
    struct elf_extent relro; /* made read-only by the loader after relocation */
    struct elf_extent mapping;
    char name[NAME_SIZE];
};

/* The loader's list may change between two looks: then its count does too, and all is done again.
 */
struct survey {
    unsigned done; /* objects, up to the last candidate */
    unsigned seen; /* objects of this look */
    bool complete; /* there was no further candidate */
    struct candidate candidate;
};

/*
 * Fingerprints of objects that need no libcurl; atomic. Two that share a place are looked at again.
 * An object that does need one is never remembered: it may be unloaded and come back in its place.
 */
enum { REMEMBERED = 64 };
static uintptr_t remembered[REMEMBERED];

/* The loader's count of objects when all that need a libcurl were bound; atomic. */
static unsigned long long bound_at;

static bool is_libcurl(const char *file)
{
    return file[0] == 'l' && file[1] == 'i' && file[2] == 'b' && file[3] == 'c' && file[4] == 'u' &&
           file[5] == 'r' && file[6] == 'l';
}

/* As an object names what it needs: a file's name, or a path to it. Read up to its ".so". */
static bool names_libcurl(const char *path)
{
    if (is_libcurl(path))
        return true;
    for (; *path != '\0'; path++) {
        if (*path > '/')
            continue; /* most of them: the few below are looked at */
        if (*path == '/' && is_libcurl(path + 1))
            return true;
        if (path[0] == '.' && path[1] == 's' && path[2] == 'o')
            return false;
    }
    return false;
}

/* One pass, for this is read in many processes: of the tags, the few wanted are the smallest. */
static bool needs_libcurl(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    const char *strings = NULL;
    const ElfW(Dyn) *first = dynamic, *end = dynamic; /* between them stand the names */
    for (; dynamic != NULL; dynamic++) {
        if ((ElfW(Xword))dynamic->d_tag > DT_STRTAB)
            continue;
        if (dynamic->d_tag == DT_NULL)
            break;
        if (dynamic->d_tag == DT_NEEDED)
            end = dynamic + 1;
        else if (dynamic->d_tag == DT_STRTAB)
            strings = elf_pointer(base, dynamic->d_un.d_ptr);
    }
    for (; strings != NULL && first < end; first++)
        if (first->d_tag == DT_NEEDED && names_libcurl(strings + first->d_un.d_val))
            return true;
    return false;
}

static void measure(const struct dl_phdr_info *info, struct candidate *candidate)
{
    candidate->base = info->dlpi_addr;
    candidate->mapping = elf_extent(info);
    candidate->relro = (struct elf_extent){0, 0};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_RELRO)
            candidate->relro = (struct elf_extent){start, start + header->p_memsz};
    }
}

/* One at a time: threads with small stacks call dlsym too. */
static int find_candidate(struct dl_phdr_info *info, size_t size, void *data)
{
    struct survey *survey = data;
    (void)size;
    if (survey->seen++ < survey->done)
        return 0;
    size_t length = strlen(info->dlpi_name);
    if (length >= NAME_SIZE || !needs_libcurl(info->dlpi_addr, elf_dynamic(info)))
        return 0;
    measure(info, &survey->candidate);
    memcpy(survey->candidate.name, info->dlpi_name, length + 1);
    survey->done = survey->seen;
    return 1;
}

/* ---- one module --------------------------------------------------------------------------------
 */

struct module {
    const struct candidate *candidate;
    const struct provider *provider;
    const struct link_map *map;
    bool told_apart; /* by entries for its libcurl alone */
};

/* Another preload in front of us, or a function of the program's own, keeps its place. */
static bool may_change(const struct module *module, unsigned name, uintptr_t now)
{
    const struct candidate *own = module->candidate;
    if (now - module->provider->start < module->provider->end - module->provider->start)
        return true; /* bound past us */
    if (now - own->mapping.start < own->mapping.end - own->mapping.start)
        return true; /* not bound yet: it still leads to the module's own table */
    return module->told_apart && name <= MULTI_INIT && now == (uintptr_t)exported(name);
}

/* The loader left it read-only: open its page for the one word. */
static void write_slot(const struct module *module, uintptr_t *slot, uintptr_t value)
{
    const uintptr_t page = (uintptr_t)getauxval(AT_PAGESZ);
    void *start = (void *)((uintptr_t)slot & ~(page - 1));
    /* The loader closes whole pages: the last one, if it is shared, stays open. */
    bool closed = (uintptr_t)slot >= (module->candidate->relro.start & ~(page - 1)) &&
                  (uintptr_t)slot < (module->candidate->relro.end & ~(page - 1));
    if (closed && mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (closed)
        mprotect(start, page, PROT_READ);
}

/* One of libcurl's names that this object takes from elsewhere, or NAMES. */
static unsigned name_of_import(const char *strings, const ElfW(Sym) * symbol)
{
    const char *name = strings + symbol->st_name;
    if (symbol->st_shndx != SHN_UNDEF || name[0] != 'c' || name[1] != 'u' || name[2] != 'r')
        return NAMES;
    return number_of(name);
}

static void repoint(const struct module *module, intptr_t table_tag, intptr_t size_tag)
{
    const struct link_map *map = module->map;
    const ElfW(Sym) *symbols = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_SYMTAB));
    const char *strings = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_STRTAB));
    const relocation *entry = elf_pointer(map->l_addr, elf_value(map->l_ld, table_tag));
    if (symbols == NULL || strings == NULL || entry == NULL)
        return;
    for (size_t left = elf_value(map->l_ld, size_tag) / sizeof *entry; left > 0; left--, entry++) {
        int type = (int)RELOCATION_TYPE(entry->r_info);
        if (type != REL_SLOT && type != REL_DATA && type != REL_ADDRESS)
            continue;
        unsigned name = name_of_import(strings, &symbols[RELOCATION_SYMBOL(entry->r_info)]);
        if (name == NAMES)
            continue;
        uintptr_t *slot = (uintptr_t *)(map->l_addr + entry->r_offset);
        uintptr_t wanted =
            (uintptr_t)(module->told_apart ? replacement(name, module->provider) : exported(name));
        if (*slot != wanted && may_change(module, name, *slot))
            write_slot(module, slot, wanted);
    }
}

/*
 * A plugin gets entries that know its libcurl even while there is no other: a second one may come,
 * and the call that would show it may be a tail call. The main program, which is most of what links
 * libcurl, is told by its return address for as long as that is enough.
 */
static void bind_module(const struct candidate *candidate, bool several)
{
    struct link_map *map = NULL;
    struct module module = {.candidate = candidate,
                            .told_apart = several || candidate->name[0] != '\0'};
    void *handle =
        dlopen(candidate->name[0] != '\0' ? candidate->name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return; /* gone again */
    void *init = candidate->name[0] != '\0' ? dlsym(handle, names[EASY_INIT])
                                            : dlsym(RTLD_NEXT, names[EASY_INIT]);
    if (init != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 &&
        map->l_addr == candidate->base)
        module.provider = provider_of(init);
    if (module.provider != NULL &&
        elf_find_in(map->l_addr, map->l_ld, names[EASY_INIT], ELF_HASH_CURL_EASY_INIT) == NULL) {
        module.map = map;
        lock_take(LOCK_BINDING);
        repoint(&module, DT_JMPREL, DT_PLTRELSZ);
        repoint(&module, REL_TABLE, REL_SIZE);
        lock_give(LOCK_BINDING);
    }
    dlclose(handle);
}

/* Somebody in front of us answers for libcurl's names: then the modules are theirs. */
static bool is_first(void)
{
    return late_dlsym()(RTLD_DEFAULT, names[EASY_INIT]) == exported(EASY_INIT);
}

static bool find_next_candidate(struct survey *survey)
{
    survey->seen = 0;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    int found = dl_iterate_phdr(find_candidate, survey);
    lock_give(LOCK_LOADER);
    survey->complete = found == 0;
    return found != 0;
}

/* False where somebody else was reading the loader's list. */
static bool bind_all(void)
{
    struct survey survey = {.done = 0};
    int saved = errno;
    bool several = provider_count_loaded() > 1;
    while (find_next_candidate(&survey))
        bind_module(&survey.candidate, several);
    dlerror(); /* a name that was not found must not be the host's next error */
    errno = saved;
    return survey.complete;
}

static uintptr_t *place_of(const struct link_map *map, uintptr_t *print)
{
    uintptr_t dynamic = (uintptr_t)map->l_ld;
    *print = (uintptr_t)map ^ (dynamic << 7) ^ (dynamic >> 9);
    return &remembered[((uintptr_t)map >> 6) % REMEMBERED];
}

static bool is_remembered(const struct link_map *map)
{
    uintptr_t print;
    const uintptr_t *place = place_of(map, &print);
    return __atomic_load_n(place, __ATOMIC_RELAXED) == print;
}

static void remember(const struct link_map *map)
{
    uintptr_t print;
    uintptr_t *place = place_of(map, &print);
    __atomic_store_n(place, print, __ATOMIC_RELAXED);
}

struct look {
    const struct link_map *from;
    bool concerns_us;
};

/*
 * What an object brought stands behind it in the loader's list, up to the next one that was asked
 * about: a plugin may call libcurl through a library of its own. What stands behind the program was
 * there at the start, and is bound to us, or has a handle of its own.
 */
static int look_at_list(struct dl_phdr_info *info, size_t size, void *data)
{
    struct look *look = data;
    const struct link_map *map = look->from;
    (void)info;
    (void)size;
    look->concerns_us = needs_libcurl(map->l_addr, map->l_ld);
    map = map->l_prev != NULL ? map->l_next : NULL;
    for (; !look->concerns_us && map != NULL && !is_remembered(map); map = map->l_next)
        look->concerns_us = needs_libcurl(map->l_addr, map->l_ld);
    return 1;
}

/*
 * The caller holds the handle, so the object stays; its neighbours stay while the loader's lock is
 * held. Before late_libc_bind there is no lock of ours to be tried: a fork by another thread at
 * this moment would find the loader's taken, as it would during any dlopen.
 */
static bool look_at(struct look *look)
{
    bool bound = late_libc_is_bound();
    if (look->from->l_next == NULL)
        return look_at_list(NULL, 0, look) == 1;
    if (bound && (!loader_lists_are_safe() || !lock_try(LOCK_LOADER)))
        return false;
    dl_iterate_phdr(look_at_list, look);
    if (bound)
        lock_give(LOCK_LOADER);
    return true;
}

/* Most processes come here and have no libcurl: for them this is done once for each handle. */
static bool concerns_us(const struct link_map *map)
{
    struct look look = {map, false};
    if (look_at(&look) && !look.concerns_us)
        remember(map);
    return look.concerns_us;
}

/* Out of line: what comes before it runs at every call of dlsym. */
__attribute__((noinline)) static void look_closely(const struct link_map *map)
{
    unsigned long long now;
    if ((map != NULL && !concerns_us(map)) || !late_libc_bind() || !provider_loads(&now) ||
        __atomic_load_n(&bound_at, __ATOMIC_RELAXED) == now)
        return;
    if (is_first() && bind_all())
        __atomic_store_n(&bound_at, now, __ATOMIC_RELAXED);
}

void late_binding_look(const void *handle)
{
    const struct link_map *map = handle; /* what dlopen returns: dlinfo(3), RTLD_DI_LINKMAP */
    if (map == NULL || !is_remembered(map))
        look_closely(map);
}
