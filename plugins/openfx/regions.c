// What hosts ask before a render: how large the result is, what it is made of, and whether there is anything to do.
#include "parameters.h"
#include "plugin.h"

static int find_clip(OfxImageEffectHandle effect, const char *name, OfxImageClipHandle *clip,
                     OfxPropertySetHandle *set) {
  return host.effects->clipGetHandle(effect, name, clip, set) == kOfxStatOK;
}

static int is_connected(OfxImageEffectHandle effect, const char *name) {
  OfxImageClipHandle clip;
  OfxPropertySetHandle set = NULL;
  return find_clip(effect, name, &clip, &set) && int_of(set, kOfxImageClipPropConnected, 0);
}

static int region_of_clip(OfxImageEffectHandle effect, const char *name, OfxTime time, OfxRectD *region) {
  OfxImageClipHandle clip;
  return find_clip(effect, name, &clip, NULL) &&
         host.effects->clipGetRegionOfDefinition(clip, time, region) == kOfxStatOK;
}

OfxStatus region_of_definition(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in,
                               OfxPropertySetHandle out) {
  const OfxTime time = double_of(in, kOfxPropTime, 0);
  OfxRectD region;
  Settings settings;
  double scaled[4];
  if (kind->task != DIP_TASK_SUPER_RESOLVE || !host.has_multiresolution ||
      !region_of_clip(effect, kOfxImageEffectSimpleSourceClipName, time, &region))
    return kOfxStatReplyDefault;
  parameters_read(effect, kind->task, time, &settings);
  scaled[0] = region.x1 * settings.factor;
  scaled[1] = region.y1 * settings.factor;
  scaled[2] = region.x2 * settings.factor;
  scaled[3] = region.y2 * settings.factor;
  host.properties->propSetDoubleN(out, kOfxImageEffectPropRegionOfDefinition, 4, scaled);
  return kOfxStatOK;
}

// Asks for all of a clip, whatever part is rendered: a fit sees the whole.
static void want_all(OfxImageEffectHandle effect, const char *clip, const char *property, OfxTime time,
                     OfxPropertySetHandle out) {
  OfxRectD region;
  if (region_of_clip(effect, clip, time, &region))
    host.properties->propSetDoubleN(out, property, 4, &region.x1);
}

OfxStatus regions_of_interest(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in,
                              OfxPropertySetHandle out) {
  const OfxTime time = double_of(in, kOfxPropTime, 0);
  want_all(effect, kOfxImageEffectSimpleSourceClipName, "OfxImageClipPropRoI_Source", time, out);
  if (kind->task == DIP_TASK_INPAINT && is_connected(effect, MASK_CLIP))
    want_all(effect, MASK_CLIP, "OfxImageClipPropRoI_Mask", time, out);
  return kOfxStatOK;
}

OfxStatus is_identity(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in,
                      OfxPropertySetHandle out) {
  const OfxTime time = double_of(in, kOfxPropTime, 0);
  Settings settings;
  int is_source;
  parameters_read(effect, kind->task, time, &settings);
  is_source = kind->task != DIP_TASK_SUPER_RESOLVE && settings.strength <= 0;
  if (kind->task == DIP_TASK_INPAINT && !settings.is_mask_transparency)
    is_source |= !is_connected(effect, MASK_CLIP);
  if (!is_source)
    return kOfxStatReplyDefault;
  put_string(out, kOfxPropName, 0, kOfxImageEffectSimpleSourceClipName);
  put_double(out, kOfxPropTime, time);
  return kOfxStatOK;
}
