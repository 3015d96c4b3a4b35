// What the actions of a plug-in share.
#ifndef DIPKIT_OPENFX_PLUGIN_H
#define DIPKIT_OPENFX_PLUGIN_H
#include "engine.h"
#include "host.h"

#define MASK_CLIP "Mask"

typedef struct Kind {
  DipTask task;
  const char *identifier, *label, *description;
} Kind;

// The data of an instance; NULL where its host has lost it.
Told *told_of(OfxImageEffectHandle effect);

OfxStatus describe(const Kind *kind, OfxImageEffectHandle effect);
OfxStatus describe_in_context(const Kind *kind, OfxImageEffectHandle effect);

OfxStatus region_of_definition(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in,
                               OfxPropertySetHandle out);
OfxStatus regions_of_interest(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in,
                              OfxPropertySetHandle out);
OfxStatus is_identity(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in,
                      OfxPropertySetHandle out);
OfxStatus render(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in);

#endif
