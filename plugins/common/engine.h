// The engine library, opened at run time: a plug-in that is linked to a missing library vanishes from
// its host's menu without a word, one that opens it late can say what to do.
#ifndef DIPKIT_PLUGIN_ENGINE_H
#define DIPKIT_PLUGIN_ENGINE_H
#include <dipkit.h>

// The functions of dipkit.h that a plug-in uses; X(name) each.
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

// engine->step is dip_step, and so on.
typedef struct Engine {
#define ENGINE_FIELD(name) __typeof__(&dip_##name) name;
  ENGINE_FUNCTIONS(ENGINE_FIELD)
#undef ENGINE_FIELD
} Engine;

// Looks for the library at $DIPKIT_LIBRARY, beside the running plug-in, in ../lib beside it, then where the
// system's loader looks. NULL if there is none that fits; *out_why then is a sentence or two for the user, valid
// until the next call. Not for several threads at once.
const Engine *engine_open(const char **out_why);

#endif
