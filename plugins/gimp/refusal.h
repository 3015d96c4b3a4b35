// Errors as sentences for the user, which name the cause and say what to do.
#ifndef DIPKIT_GIMP_REFUSAL_H
#define DIPKIT_GIMP_REFUSAL_H
#include <glib.h>

// Sets the error, with a capital first letter, and returns FALSE.
gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
