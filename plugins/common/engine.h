// The engine library, opened at run time. A plug-in that is linked to a missing library vanishes from its host's menu
// without a word; one that opens it later can say what to do.
#ifndef DIPKIT_PLUGIN_ENGINE_H
#define DIPKIT_PLUGIN_ENGINE_H
#include <dipkit.h>

// The functions of dipkit.h that plug-ins use, each as X(name).
#define ENGINE_FUNCTIONS(X)                                                                                            \
  X(abi_version)                                                                                                       \
  X(version_string)                                                                                                    \
  X(status_string)                                                                                                     \
  X(last_error)                                                                                                        \
  X(device_is_available)                                                                                               \
  X(device_description)                                                                                                \
  X(options_init)                                                                                                      \
  X(options_set)                                                                                                       \
  X(options_get)                                                                                                       \
  X(option_info)                                                                                                       \
  X(estimate_memory)                                                                                                   \
  X(create)                                                                                                            \
  X(step)                                                                                                              \
  X(get_metrics)                                                                                                       \
  X(get_options)                                                                                                       \
  X(get_size)                                                                                                          \
  X(get_preview)                                                                                                       \
  X(get_preview_region)                                                                                                \
  X(set_strength)                                                                                                      \
  X(save)                                                                                                              \
  X(load)                                                                                                              \
  X(key)                                                                                                               \
  X(cancel)                                                                                                            \
  X(destroy)

// The functions of an opened library: engine->step is dip_step, and so on.
typedef struct Engine {
#define ENGINE_FIELD(name) __typeof__(&dip_##name) name;
  ENGINE_FUNCTIONS(ENGINE_FIELD)
#undef ENGINE_FIELD
} Engine;

// Opens the library, which it looks for at $DIPKIT_LIBRARY, beside the running plug-in, in ../lib beside it, and then
// where the system's loader looks. Gives NULL if none fits; *out_why then is a sentence or two for the user, valid
// until the next call. Only one thread may call it at a time.
const Engine *engine_open(const char **out_why);

#endif
