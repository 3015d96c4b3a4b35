#include "refusal.h"

gboolean refuse(GError **error, const char *format, ...) {
  va_list arguments;
  char *text;
  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  text[0] = g_ascii_toupper(text[0]);
  g_set_error_literal(error, g_quark_from_static_string("dipkit"), 0, text);
  g_free(text);
  return FALSE;
}
