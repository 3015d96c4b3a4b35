// What hosts are told of the four plug-ins. Nothing is opened here: a project with them can always be read.
#include "parameters.h"
#include "plugin.h"

#define GROUP "DIP"

static void put_depths(OfxPropertySetHandle set) {
  static const char *const depths[] = {kOfxBitDepthByte, kOfxBitDepthShort, kOfxBitDepthHalf, kOfxBitDepthFloat};
  int i;
  for (i = 0; i < 4; i++)
    put_string(set, kOfxImageEffectPropSupportedPixelDepths, i, depths[i]);
}

OfxStatus describe(const Kind *kind, OfxImageEffectHandle effect) {
  OfxPropertySetHandle set = NULL;
  if (host.effects->getPropertySet(effect, &set) != kOfxStatOK)
    return kOfxStatErrBadHandle;
  put_string(set, kOfxPropLabel, 0, kind->label);
  put_string(set, kOfxImageEffectPluginPropGrouping, 0, GROUP);
  put_string(set, kOfxPropPluginDescription, 0, kind->description);
  put_string(set, kOfxImageEffectPropSupportedContexts, 0, kOfxImageEffectContextFilter);
  put_string(set, kOfxImageEffectPropSupportedContexts, 1, kOfxImageEffectContextGeneral);
  put_depths(set);
  put_int(set, kOfxImageEffectPluginPropSingleInstance, 0);
  put_int(set, kOfxImageEffectPluginPropHostFrameThreading, 0);
  put_int(set, kOfxImageEffectPropSupportsMultiResolution, 1);
  put_int(set, kOfxImageEffectPropSupportsTiles, 0);
  put_int(set, kOfxImageEffectPropTemporalClipAccess, 0);
  put_int(set, kOfxImageEffectPluginPropFieldRenderTwiceAlways, 0);
  put_int(set, kOfxImageEffectPropSupportsMultipleClipDepths, 0);
  put_int(set, kOfxImageEffectPropSupportsMultipleClipPARs, 0);
  put_int(set, kOfxImageEffectInstancePropSequentialRender, 0);
  put_string(set, kOfxImageEffectPluginRenderThreadSafety, 0, kOfxImageEffectRenderInstanceSafe);
  return kOfxStatOK;
}

static OfxPropertySetHandle define_clip(OfxImageEffectHandle effect, const char *name) {
  OfxPropertySetHandle set = NULL;
  host.effects->clipDefine(effect, name, &set);
  put_int(set, kOfxImageEffectPropSupportsTiles, 0);
  put_int(set, kOfxImageEffectPropTemporalClipAccess, 0);
  return set;
}

static void define_picture_clip(OfxImageEffectHandle effect, const char *name) {
  const OfxPropertySetHandle set = define_clip(effect, name);
  put_string(set, kOfxImageEffectPropSupportedComponents, 0, kOfxImageComponentRGBA);
  put_string(set, kOfxImageEffectPropSupportedComponents, 1, kOfxImageComponentRGB);
  put_string(set, kOfxImageEffectPropSupportedComponents, 2, kOfxImageComponentAlpha);
}

static void define_mask_clip(OfxImageEffectHandle effect) {
  const OfxPropertySetHandle set = define_clip(effect, MASK_CLIP);
  put_string(set, kOfxImageEffectPropSupportedComponents, 0, kOfxImageComponentAlpha);
  put_int(set, kOfxImageClipPropOptional, 1);
  put_int(set, kOfxImageClipPropIsMask, 1);
}

OfxStatus describe_in_context(const Kind *kind, OfxImageEffectHandle effect) {
  OfxParamSetHandle set = NULL;
  define_picture_clip(effect, kOfxImageEffectSimpleSourceClipName);
  if (kind->task == DIP_TASK_INPAINT)
    define_mask_clip(effect);
  define_picture_clip(effect, kOfxImageEffectOutputClipName);
  if (host.effects->getParamSet(effect, &set) != kOfxStatOK)
    return kOfxStatErrBadHandle;
  parameters_describe(set, kind->task);
  return kOfxStatOK;
}
