// The host: its suites, its peculiarities, and messages to its user.
#ifndef DIPKIT_OPENFX_HOST_H
#define DIPKIT_OPENFX_HOST_H
#include "ofx.h"

typedef struct Host {
  OfxHost *host;
  const OfxPropertySuiteV1 *properties;
  const OfxImageEffectSuiteV1 *effects;
  const OfxParameterSuiteV1 *parameters;
  const OfxProgressSuiteV1 *progress; // NULL where the host has none
  const OfxMessageSuiteV1 *messages;  // the same
  int has_linear_pictures;
  int has_multiresolution;
} Host;

extern Host host;

void host_set(OfxHost *given);

// Fetches the suites, and opens nothing else. Gives 0 where one is missing that the plug-in cannot do without.
int host_load(void);

// Write and read properties; one that cannot be read is `otherwise`.
void put_string(OfxPropertySetHandle set, const char *name, int index, const char *value);
void put_int(OfxPropertySetHandle set, const char *name, int value);
void put_double(OfxPropertySetHandle set, const char *name, double value);
const char *string_of(OfxPropertySetHandle set, const char *name);
int is_string(OfxPropertySetHandle set, const char *name, const char *value);
int int_of(OfxPropertySetHandle set, const char *name, int otherwise);
double double_of(OfxPropertySetHandle set, const char *name, double otherwise);

// What an instance has told its user already, since the same sentence again would only fill logs.
typedef struct Told {
  unsigned sentences[16]; // digests
  unsigned count;
} Told;

// Shows a sentence, with a capital letter; `type` is kOfxMessageError or kOfxMessageWarning.
void tell(OfxImageEffectHandle effect, Told *told, const char *type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
