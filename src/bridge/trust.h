/* trust.h - where distributions keep the certificates that this machine trusts, as one file. */
#ifndef COMMISSIONED_BRIDGE_TRUST_H
#define COMMISSIONED_BRIDGE_TRUST_H

/* The first of those files that is here, or NULL. */
const char *trust_file(void);

#endif
