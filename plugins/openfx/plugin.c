// The OpenFX entry: four plug-ins, whose actions are dispatched here.
#include "plugin.h"
#include "disk.h"
#include "jobs.h"
#include "parameters.h"

#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))
#define PLUGINS 4
#define ADVICE                                                                                                         \
  " No trained model: an untrained network is fitted to each frame (Deep Image Prior). A frame is fitted once; then "  \
  "it comes from the cache."

static const Kind kinds[PLUGINS] = {
    {DIP_TASK_DENOISE, "io.github.dipkit.DipkitDenoise", "DIPKIT_Denoise", "Removes noise and grain." ADVICE},
    {DIP_TASK_DEJPEG, "io.github.dipkit.DipkitDejpeg", "DIPKIT_RemoveJPEGArtifacts",
     "Removes the blocks and rings of JPEG compression." ADVICE},
    {DIP_TASK_SUPER_RESOLVE, "io.github.dipkit.DipkitSuperResolve", "DIPKIT_SuperResolve",
     "Enlarges 2 to 8 times." ADVICE},
    {DIP_TASK_INPAINT, "io.github.dipkit.DipkitInpaint", "DIPKIT_Inpaint",
     "Fills what the clip Mask marks, or what is transparent." ADVICE},
};

Told *told_of(OfxImageEffectHandle effect) {
  OfxPropertySetHandle set = NULL;
  void *data = NULL;
  if (host.effects->getPropertySet(effect, &set) == kOfxStatOK)
    host.properties->propGetPointer(set, kOfxPropInstanceData, 0, &data);
  return data;
}

static OfxStatus create(OfxImageEffectHandle effect) {
  OfxPropertySetHandle set = NULL;
  Told *told = calloc(1, sizeof *told);
  if (told == NULL || host.effects->getPropertySet(effect, &set) != kOfxStatOK) {
    free(told);
    return kOfxStatErrMemory;
  }
  host.properties->propSetPointer(set, kOfxPropInstanceData, 0, told);
  return kOfxStatOK;
}

static OfxStatus destroy(OfxImageEffectHandle effect) {
  OfxPropertySetHandle set = NULL;
  free(told_of(effect));
  if (host.effects->getPropertySet(effect, &set) == kOfxStatOK)
    host.properties->propSetPointer(set, kOfxPropInstanceData, 0, NULL);
  return kOfxStatOK;
}

static OfxStatus changed(OfxPropertySetHandle in) {
  if (!is_string(in, kOfxPropName, CLEAR_CACHE))
    return kOfxStatReplyDefault;
  jobs_purge();
  disk_clear();
  return kOfxStatOK;
}

static OfxStatus purge(void) {
  jobs_purge();
  return kOfxStatOK;
}

static OfxStatus unload(void) {
  jobs_end();
  return kOfxStatOK;
}

static OfxStatus act(const Kind *kind, const char *action, const void *handle, OfxPropertySetHandle in,
                     OfxPropertySetHandle out) {
  const OfxImageEffectHandle effect = (OfxImageEffectHandle)handle;
#define IS(name) (strcmp(action, name) == 0)
  if (IS(kOfxActionLoad))
    return host_load() ? kOfxStatOK : kOfxStatErrMissingHostFeature;
  if (IS(kOfxActionUnload))
    return unload();
  if (IS(kOfxActionPurgeCaches))
    return purge();
  if (host.effects == NULL)
    return kOfxStatErrMissingHostFeature;
  if (IS(kOfxActionDescribe))
    return describe(kind, effect);
  if (IS(kOfxImageEffectActionDescribeInContext))
    return describe_in_context(kind, effect);
  if (IS(kOfxActionCreateInstance))
    return create(effect);
  if (IS(kOfxActionDestroyInstance))
    return destroy(effect);
  if (IS(kOfxActionInstanceChanged))
    return changed(in);
  if (IS(kOfxImageEffectActionGetRegionOfDefinition))
    return region_of_definition(kind, effect, in, out);
  if (IS(kOfxImageEffectActionGetRegionsOfInterest))
    return regions_of_interest(kind, effect, in, out);
  if (IS(kOfxImageEffectActionGetClipPreferences)) {
    put_int(out, kOfxImageEffectFrameVarying, 0);
    return kOfxStatOK;
  }
  if (IS(kOfxImageEffectActionIsIdentity))
    return is_identity(kind, effect, in, out);
  if (IS(kOfxImageEffectActionRender))
    return render(kind, effect, in);
#undef IS
  return kOfxStatReplyDefault;
}

// The entry points, one for each plug-in, since a host knows a plug-in by its entry point alone.
#define ENTRY(name, index)                                                                                             \
  static OfxStatus name(const char *action, const void *handle, OfxPropertySetHandle in, OfxPropertySetHandle out) {   \
    return act(&kinds[index], action, handle, in, out);                                                                \
  }
ENTRY(denoise, 0)
ENTRY(dejpeg, 1)
ENTRY(super_resolve, 2)
ENTRY(inpaint, 3)
#undef ENTRY

EXPORTED int OfxGetNumberOfPlugins(void) {
  return PLUGINS;
}

EXPORTED OfxPlugin *OfxGetPlugin(int nth) {
  static OfxPluginEntryPoint *const entries[PLUGINS] = {denoise, dejpeg, super_resolve, inpaint};
  static OfxPlugin plugins[PLUGINS];
  if (nth < 0 || nth >= PLUGINS)
    return NULL;
  plugins[nth] = (OfxPlugin){kOfxImageEffectPluginApi, kOfxImageEffectPluginApiVersion, kinds[nth].identifier, 1, 0,
                             host_set, entries[nth]};
  return &plugins[nth];
}

EXPORTED OfxStatus OfxSetHost(const OfxHost *given) {
  (void)given; // each plug-in has its own, by setHost
  return kOfxStatOK;
}
