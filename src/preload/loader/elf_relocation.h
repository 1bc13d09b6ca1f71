/*
 * elf_relocation.h - the relocations of an object that hold a function's address.
 *
 * Source: the System V ABI's relocation types for each machine.
 */
#ifndef COMMISSIONED_ELF_RELOCATION_H
#define COMMISSIONED_ELF_RELOCATION_H

#include <link.h>
#include <stdbool.h>

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
#elif defined(__arm__)
enum { REL_SLOT = R_ARM_JUMP_SLOT, REL_DATA = R_ARM_GLOB_DAT, REL_ADDRESS = R_ARM_ABS32 };
#elif defined(__riscv) && __riscv_xlen == 64
enum { REL_SLOT = R_RISCV_JUMP_SLOT, REL_DATA = R_RISCV_64, REL_ADDRESS = R_RISCV_64 };
#elif defined(__s390x__)
enum { REL_SLOT = R_390_JMP_SLOT, REL_DATA = R_390_GLOB_DAT, REL_ADDRESS = R_390_64 };
#elif defined(__powerpc64__) && _CALL_ELF == 2
enum { REL_SLOT = R_PPC64_JMP_SLOT, REL_DATA = R_PPC64_GLOB_DAT, REL_ADDRESS = R_PPC64_ADDR64 };
#else
enum { REL_SLOT = -1, REL_DATA = -1, REL_ADDRESS = -1 }; /* none is known */
#endif

#ifdef __LP64__
typedef ElfW(Rela) elf_relocation;
enum { REL_TABLE = DT_RELA, REL_SIZE = DT_RELASZ };
#else
typedef ElfW(Rel) elf_relocation;
enum { REL_TABLE = DT_REL, REL_SIZE = DT_RELSZ };
#endif

static inline unsigned elf_relocation_type(const elf_relocation *entry)
{
#ifdef __LP64__
    return (unsigned)ELF64_R_TYPE(entry->r_info);
#else
    return (unsigned)ELF32_R_TYPE(entry->r_info);
#endif
}

static inline unsigned elf_relocation_symbol(const elf_relocation *entry)
{
#ifdef __LP64__
    return (unsigned)ELF64_R_SYM(entry->r_info);
#else
    return (unsigned)ELF32_R_SYM(entry->r_info);
#endif
}

/* Whether it holds the address of its symbol. */
static inline bool elf_relocation_is_address(const elf_relocation *entry)
{
    int type = (int)elf_relocation_type(entry);
    return type == REL_SLOT || type == REL_DATA || type == REL_ADDRESS;
}

#endif
