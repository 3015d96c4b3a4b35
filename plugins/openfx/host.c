#include "host.h"

#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_SENTENCE 4096

Host host;

void host_set(OfxHost *given) {
  host.host = given;
}

static const void *suite(const char *name) {
  return host.host->fetchSuite(host.host->host, name, 1);
}

int host_load(void) {
  const char *name;
  if (host.host == NULL || host.host->fetchSuite == NULL)
    return 0;
  host.properties = suite(kOfxPropertySuite);
  host.effects = suite(kOfxImageEffectSuite);
  host.parameters = suite(kOfxParameterSuite);
  host.progress = suite(kOfxProgressSuite);
  host.messages = suite(kOfxMessageSuite);
  if (host.properties == NULL || host.effects == NULL || host.parameters == NULL)
    return 0;
  name = string_of(host.host->host, kOfxPropName);
  host.has_linear_pictures = strstr(name, "Natron") != NULL || strstr(name, "nuke") != NULL;
  host.has_multiresolution = int_of(host.host->host, kOfxImageEffectPropSupportsMultiResolution, 0);
  return 1;
}

void put_string(OfxPropertySetHandle set, const char *name, int index, const char *value) {
  host.properties->propSetString(set, name, index, value);
}

void put_int(OfxPropertySetHandle set, const char *name, int value) {
  host.properties->propSetInt(set, name, 0, value);
}

void put_double(OfxPropertySetHandle set, const char *name, double value) {
  host.properties->propSetDouble(set, name, 0, value);
}

const char *string_of(OfxPropertySetHandle set, const char *name) {
  char *value = NULL;
  if (host.properties->propGetString(set, name, 0, &value) != kOfxStatOK || value == NULL)
    return "";
  return value;
}

int is_string(OfxPropertySetHandle set, const char *name, const char *value) {
  return strcmp(string_of(set, name), value) == 0;
}

int int_of(OfxPropertySetHandle set, const char *name, int otherwise) {
  int value = otherwise;
  return host.properties->propGetInt(set, name, 0, &value) == kOfxStatOK ? value : otherwise;
}

double double_of(OfxPropertySetHandle set, const char *name, double otherwise) {
  double value = otherwise;
  return host.properties->propGetDouble(set, name, 0, &value) == kOfxStatOK ? value : otherwise;
}

// The digest of a sentence, by FNV-1a.
static unsigned digest(const char *text) {
  unsigned hash = 2166136261u;
  for (; *text != '\0'; text++)
    hash = (hash ^ (unsigned char)*text) * 16777619u;
  return hash;
}

static int is_told(Told *told, unsigned sentence) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  const unsigned places = sizeof told->sentences / sizeof *told->sentences;
  unsigned i;
  int is_known = 0;
  pthread_mutex_lock(&lock);
  for (i = 0; i < told->count && i < places; i++)
    is_known |= told->sentences[i] == sentence;
  if (!is_known)
    told->sentences[told->count++ % places] = sentence;
  pthread_mutex_unlock(&lock);
  return is_known;
}

void tell(OfxImageEffectHandle effect, Told *told, const char *type, const char *format, ...) {
  char sentence[LONGEST_SENTENCE], doubled[2 * LONGEST_SENTENCE], *to = doubled;
  const char *from;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  if (strcspn(sentence, "_=") > strcspn(sentence, " ")) // a name of an option stays as it is
    sentence[0] = (char)toupper((unsigned char)sentence[0]);
  if (host.messages == NULL || is_told(told, digest(sentence)))
    return;
  // The text itself is the format: a host that passes arguments on wrongly shows "%s" as garbage.
  for (from = sentence; *from != '\0'; *to++ = *from++)
    if (*from == '%')
      *to++ = '%';
  *to = '\0';
  host.messages->message(effect, type, "", doubled);
}
