// The parameters of the four plug-ins. Their names are permanent: projects are saved with them. Texts, ranges, choices
// and defaults are those of the option table; what is not an option is described here.
#ifndef DIPKIT_OPENFX_PARAMETERS_H
#define DIPKIT_OPENFX_PARAMETERS_H
#include "engine.h"
#include "ofx.h"

#define CLEAR_CACHE "clear_cache"

typedef struct Settings {
  int factor; // how much larger the result is; 1 unless super-resolved
  double strength;
  DipTransfer transfer;
  int is_mask_transparency;
  int is_mask_inverted;
} Settings;

void parameters_describe(OfxParamSetHandle set, DipTask task);

// Reads the parameters that need no engine.
void parameters_read(OfxImageEffectHandle effect, DipTask task, OfxTime time, Settings *settings);

// Reads all options. Gives 0 and a sentence for the user where the engine refuses one.
int parameters_to_options(OfxImageEffectHandle effect, DipTask task, OfxTime time, int is_draft, const Engine *engine,
                          DipOptions *options, char *why, size_t size_of_why);

#endif
