/*
 * cli/elf.h - what an ELF file says about itself, read without running it.
 *
 * Source:  elf(5), the System V gABI. Of a file in the other byte order only class, byte order and
 *          (in that order) machine are read.
 * Threads: no shared state. Nothing in a file is trusted: every offset is read with pread(2), which
 *          answers short at the end of the file.
 */
#ifndef COMMISSIONED_CLI_ELF_H
#define COMMISSIONED_CLI_ELF_H

#include <stdbool.h>
#include <stdint.h>

struct elf_facts {
    uint8_t class;    /* ELFCLASS32 or ELFCLASS64 */
    uint8_t data;     /* ELFDATA2LSB or ELFDATA2MSB */
    uint16_t machine; /* EM_... */
    uint16_t type;    /* ET_EXEC or ET_DYN for a program */
    bool interpreted; /* has PT_INTERP: the dynamic loader starts it */
    char interpreter[256];
};

/* Returns 0, or -1 with errno: ENOEXEC where the file is no ELF file or a broken one. */
int elf_read(int fd, struct elf_facts *facts);

/* True where one process can hold both: same class, byte order and machine. */
bool elf_same_architecture(const struct elf_facts *a, const struct elf_facts *b);

#endif
