// Prints what a header of OpenFX declares: the text of every string and number that ofx.h has, and where the members
// of the structs lie. Compiled with ofx.h, and with the standard's own headers.
#include <stddef.h>
#include <stdio.h>

#ifdef WITH_STANDARD
#include "ofxCore.h"
#include "ofxImageEffect.h"
#include "ofxMessage.h"
#include "ofxParam.h"
#include "ofxProgress.h"
#include "ofxProperty.h"
// Of a later version than these headers.
#ifndef kOfxImageEffectPropThumbnailRender
#define kOfxImageEffectPropThumbnailRender "OfxImageEffectPropThumbnailRender"
#endif
#else
#include "ofx.h"
#endif

#define TEXT(value) _Generic((value), int : "%d", char * : "%s")

#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define AT(type, member) printf(#type "." #member " %zu %zu\n", offsetof(type, member), sizeof(((type *)0)->member))

static void properties(void) {
  AT(OfxPropertySuiteV1, propSetPointer);
  AT(OfxPropertySuiteV1, propSetString);
  AT(OfxPropertySuiteV1, propSetDouble);
  AT(OfxPropertySuiteV1, propSetInt);
  AT(OfxPropertySuiteV1, propSetPointerN);
  AT(OfxPropertySuiteV1, propSetStringN);
  AT(OfxPropertySuiteV1, propSetDoubleN);
  AT(OfxPropertySuiteV1, propSetIntN);
  AT(OfxPropertySuiteV1, propGetPointer);
  AT(OfxPropertySuiteV1, propGetString);
  AT(OfxPropertySuiteV1, propGetDouble);
  AT(OfxPropertySuiteV1, propGetInt);
  AT(OfxPropertySuiteV1, propGetPointerN);
  AT(OfxPropertySuiteV1, propGetStringN);
  AT(OfxPropertySuiteV1, propGetDoubleN);
  AT(OfxPropertySuiteV1, propGetIntN);
}

static void effects(void) {
  AT(OfxImageEffectSuiteV1, getPropertySet);
  AT(OfxImageEffectSuiteV1, getParamSet);
  AT(OfxImageEffectSuiteV1, clipDefine);
  AT(OfxImageEffectSuiteV1, clipGetHandle);
  AT(OfxImageEffectSuiteV1, clipGetPropertySet);
  AT(OfxImageEffectSuiteV1, clipGetImage);
  AT(OfxImageEffectSuiteV1, clipReleaseImage);
  AT(OfxImageEffectSuiteV1, clipGetRegionOfDefinition);
  AT(OfxImageEffectSuiteV1, abort);
}

static void parameters(void) {
  AT(OfxParameterSuiteV1, paramDefine);
  AT(OfxParameterSuiteV1, paramGetHandle);
  AT(OfxParameterSuiteV1, paramSetGetPropertySet);
  AT(OfxParameterSuiteV1, paramGetPropertySet);
  AT(OfxParameterSuiteV1, paramGetValue);
  AT(OfxParameterSuiteV1, paramGetValueAtTime);
}

static void others(void) {
  SIZE(OfxStatus);
  SIZE(OfxTime);
  SIZE(OfxRectI);
  AT(OfxRectI, x1);
  AT(OfxRectI, y1);
  AT(OfxRectI, x2);
  AT(OfxRectI, y2);
  SIZE(OfxRectD);
  AT(OfxRectD, x1);
  AT(OfxRectD, y1);
  AT(OfxRectD, x2);
  AT(OfxRectD, y2);
  SIZE(OfxHost);
  AT(OfxHost, host);
  AT(OfxHost, fetchSuite);
  SIZE(OfxPlugin);
  AT(OfxPlugin, pluginApi);
  AT(OfxPlugin, apiVersion);
  AT(OfxPlugin, pluginIdentifier);
  AT(OfxPlugin, pluginVersionMajor);
  AT(OfxPlugin, pluginVersionMinor);
  AT(OfxPlugin, setHost);
  AT(OfxPlugin, mainEntry);
  SIZE(OfxProgressSuiteV1);
  AT(OfxProgressSuiteV1, progressStart);
  AT(OfxProgressSuiteV1, progressUpdate);
  AT(OfxProgressSuiteV1, progressEnd);
  SIZE(OfxMessageSuiteV1);
  AT(OfxMessageSuiteV1, message);
}

int main(void) {
#define NAME(name)                                                                                                     \
  printf(#name " ");                                                                                                   \
  printf(TEXT(name), name);                                                                                            \
  printf("\n");
#include "names.inc"
  properties();
  effects();
  parameters();
  others();
  return 0;
}
