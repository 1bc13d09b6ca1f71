/* export.h - what a library shows: everything else is hidden (-fvisibility=hidden, exports.map). */
#ifndef COMMISSIONED_EXPORT_H
#define COMMISSIONED_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
