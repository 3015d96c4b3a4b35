// A host on the sources of the standard's own host library, driven line by line: a command a line on stdin, an answer
// a line of JSON. Pictures are files of raw samples, the top row first.
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <vector>

// In the order that these headers need.
#include "ofxCore.h"
#include "ofxImageEffect.h"

#include "ofxhBinary.h"
#include "ofxhPropertySuite.h"

#include "ofxhClip.h"
#include "ofxhParam.h"

#include "ofxhMemory.h"

#include "ofxhImageEffect.h"

#include "ofxhPluginAPICache.h"
#include "ofxhPluginCache.h"

#include "ofxhHost.h"
#include "ofxhImageEffectAPI.h"

using namespace OFX::Host;
typedef std::map<std::string, std::string> Words;
typedef std::chrono::steady_clock Clock;

static double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

static std::string word(const Words &words, const std::string &name, const std::string &otherwise) {
  const auto found = words.find(name);
  return found == words.end() ? otherwise : found->second;
}

static int number(const Words &words, const std::string &name, int otherwise) {
  return std::stoi(word(words, name, std::to_string(otherwise)));
}

static std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + "\"";
}

// ---- Pictures ----

class Effect;

// What a clip shows: one image, at every time.
struct Shown {
  std::string file, depth = kOfxBitDepthFloat, components = kOfxImageComponentRGBA;
  std::string premult = kOfxImageUnPreMultiplied, field = kOfxImageFieldNone, order = kOfxImageFieldNone;
  int x = 0, y = 0, w = 0, h = 0, pad = 0, upside_down = 0, is_connected = 0, is_missing = 0;
  double aspect = 1, scale = 1;

  size_t pixel_bytes() const {
    const size_t sample = depth == kOfxBitDepthByte ? 1 : depth == kOfxBitDepthFloat ? 4 : 2;
    return sample * (components == kOfxImageComponentRGBA ? 4 : components == kOfxImageComponentRGB ? 3 : 1);
  }
  size_t row_bytes() const { return pixel_bytes() * w + pad; }
};

static const unsigned char UNTOUCHED = 0xCD;

class Picture : public ImageEffect::Image {
public:
  std::vector<unsigned char> bytes;
  const Shown shown;

  Picture(ImageEffect::ClipInstance &clip, const Shown &given)
      : Image(clip), bytes(given.row_bytes() * given.h, UNTOUCHED), shown(given) {
    std::ifstream in(shown.file, std::ios::binary);
    for (int y = shown.h - 1; in && y >= 0; y--)
      in.read(reinterpret_cast<char *>(row(y)), shown.pixel_bytes() * shown.w);
    const int bounds[4] = {shown.x, shown.y, shown.x + shown.w, shown.y + shown.h};
    for (int i = 0; i < 4; i++) {
      setIntProperty(kOfxImagePropBounds, bounds[i], i);
      setIntProperty(kOfxImagePropRegionOfDefinition, bounds[i], i);
    }
    const int stride = static_cast<int>(shown.row_bytes());
    setIntProperty(kOfxImagePropRowBytes, shown.upside_down ? -stride : stride);
    setPointerProperty(kOfxImagePropData, row(0));
    setStringProperty(kOfxImagePropField, shown.field);
    setStringProperty(kOfxImageEffectPropComponents, shown.components);
    setStringProperty(kOfxImageEffectPropPixelDepth, shown.depth);
    setDoubleProperty(kOfxImageEffectPropRenderScale, shown.scale, 0);
    setDoubleProperty(kOfxImageEffectPropRenderScale, shown.scale, 1);
  }

  // Of row y above the lowest.
  unsigned char *row(int y) { return bytes.data() + shown.row_bytes() * (shown.upside_down ? shown.h - 1 - y : y); }

  void write(const std::string &file) {
    std::ofstream out(file, std::ios::binary);
    for (int y = shown.h - 1; y >= 0; y--)
      out.write(reinterpret_cast<char *>(row(y)), shown.pixel_bytes() * shown.w);
  }

  // Whether nothing but a window, in pixels of the bounds, was written.
  bool is_untouched_outside(int x1, int y1, int x2, int y2) {
    std::vector<bool> inside(bytes.size());
    for (int y = std::max(y1 - shown.y, 0); y < std::min(y2 - shown.y, shown.h); y++)
      for (int x = std::max(x1 - shown.x, 0); x < std::min(x2 - shown.x, shown.w); x++)
        std::fill_n(inside.begin() + (row(y) - bytes.data()) + x * shown.pixel_bytes(), shown.pixel_bytes(), true);
    for (size_t i = 0; i < bytes.size(); i++)
      if (!inside[i] && bytes[i] != UNTOUCHED)
        return false;
    return true;
  }
};

class Clip : public ImageEffect::ClipInstance {
public:
  Shown shown;
  Picture *output = nullptr; // of the running render

  Clip(ImageEffect::Instance *effect, ImageEffect::ClipDescriptor *descriptor)
      : ClipInstance(effect, *descriptor) {}
  const std::string &getUnmappedBitDepth() const override { return shown.depth; }
  const std::string &getUnmappedComponents() const override { return shown.components; }
  const std::string &getPremult() const override { return shown.premult; }
  double getAspectRatio() const override { return shown.aspect; }
  double getFrameRate() const override { return 25; }
  void getFrameRange(double &start, double &end) const override { start = 0, end = 100; }
  const std::string &getFieldOrder() const override { return shown.order; }
  bool getConnected() const override { return shown.is_connected; }
  double getUnmappedFrameRate() const override { return 25; }
  void getUnmappedFrameRange(double &start, double &end) const override { start = 0, end = 100; }
  bool getContinuousSamples() const override { return false; }
  OfxRectD getRegionOfDefinition(OfxTime) const override {
    const double x = shown.x * shown.aspect, y = shown.y;
    return {x, y, x + shown.w * shown.aspect, y + shown.h};
  }
  ImageEffect::Image *getImage(OfxTime, const OfxRectD *) override {
    if (output != nullptr) {
      output->addReference();
      return output;
    }
    return shown.is_missing || !shown.is_connected ? nullptr : new Picture(*this, shown);
  }
};

// ---- Parameters ----

template <class Base, class Value> class Parameter : public Base {
public:
  Value value;
  Parameter(Param::Descriptor &descriptor, Param::SetInstance *set, Value preset)
      : Base(descriptor, set), value(preset) {}
  OfxStatus get(Value &out) override { return out = value, kOfxStatOK; }
  OfxStatus get(OfxTime, Value &out) override { return get(out); }
  OfxStatus set(Value given) override { return value = given, kOfxStatOK; }
  OfxStatus set(OfxTime, Value given) override { return set(given); }
};

class Double : public Parameter<Param::DoubleInstance, double> {
public:
  using Parameter::Parameter;
  OfxStatus derive(OfxTime, double &) override { return kOfxStatErrMissingHostFeature; }
  OfxStatus integrate(OfxTime, OfxTime, double &) override { return kOfxStatErrMissingHostFeature; }
};

class String : public Param::StringInstance {
public:
  std::string value;
  using StringInstance::StringInstance;
  OfxStatus get(std::string &out) override { return out = value, kOfxStatOK; }
  OfxStatus get(OfxTime, std::string &out) override { return get(out); }
  OfxStatus set(const char *given) override { return value = given, kOfxStatOK; }
  OfxStatus set(OfxTime, const char *given) override { return set(given); }
};

// ---- Effects ----

class Effect : public ImageEffect::Instance {
public:
  // Of the running render.
  std::mutex lock;
  std::vector<std::string> messages;
  std::vector<double> progress;
  int starts = 0, ends = 0;
  double abort_after = -1, no_after = -1; // seconds; progress
  Clock::time_point started;
  std::atomic<int> aborts{0};
  int is_thumbnail = 0;
  std::thread thread;
  std::string answer;

  using Instance::Instance;
  const std::string &getDefaultOutputFielding() const override {
    static const std::string none(kOfxImageFieldNone);
    return none;
  }
  ImageEffect::ClipInstance *newClipInstance(ImageEffect::Instance *effect, ImageEffect::ClipDescriptor *descriptor,
                                             int) override {
    return new Clip(effect, descriptor);
  }
  OfxStatus vmessage(const char *type, const char *, const char *format, va_list arguments) override {
    char text[8192];
    vsnprintf(text, sizeof text, format, arguments);
    std::lock_guard<std::mutex> hold(lock);
    messages.push_back(std::string(type) + ": " + text);
    return kOfxStatOK;
  }
  OfxStatus setPersistentMessage(const char *, const char *, const char *, va_list) override { return kOfxStatFailed; }
  OfxStatus clearPersistentMessage() override { return kOfxStatFailed; }
  int abort() override {
    const int is_late = abort_after >= 0 && seconds_since(started) >= abort_after;
    aborts += is_late;
    return is_late;
  }
  // Younger than this library.
  void setCustomInArgs(const std::string &action, Property::Set &in) override {
    static const Property::PropSpec specification[] = {
        {"OfxImageEffectPropThumbnailRender", Property::eInt, 1, false, "0"}, {nullptr, Property::eNone, 0, false, ""}};
    if (action != kOfxImageEffectActionRender || !is_thumbnail)
      return;
    in.addProperties(specification);
    in.setIntProperty("OfxImageEffectPropThumbnailRender", 1);
  }
  void getProjectSize(double &x, double &y) const override { x = 256, y = 192; }
  void getProjectOffset(double &x, double &y) const override { x = y = 0; }
  void getProjectExtent(double &x, double &y) const override { x = 256, y = 192; }
  double getProjectPixelAspectRatio() const override { return 1; }
  double getEffectDuration() const override { return 100; }
  double getFrameRate() const override { return 25; }
  double getFrameRecursive() const override { return 0; }
  void getRenderScaleRecursive(double &x, double &y) const override { x = y = 1; }
  Param::Instance *newParam(const std::string &, Param::Descriptor &descriptor) override {
    Property::Set &set = descriptor.getProperties();
    const std::string type = descriptor.getType();
    if (type == kOfxParamTypeInteger)
      return new Parameter<Param::IntegerInstance, int>(descriptor, this, set.getIntProperty(kOfxParamPropDefault));
    if (type == kOfxParamTypeDouble)
      return new Double(descriptor, this, set.getDoubleProperty(kOfxParamPropDefault));
    if (type == kOfxParamTypeBoolean)
      return new Parameter<Param::BooleanInstance, bool>(descriptor, this, set.getIntProperty(kOfxParamPropDefault));
    if (type == kOfxParamTypeChoice)
      return new Parameter<Param::ChoiceInstance, int>(descriptor, this, set.getIntProperty(kOfxParamPropDefault));
    if (type == kOfxParamTypeString)
      return new String(descriptor, this);
    if (type == kOfxParamTypePushButton)
      return new Param::PushbuttonInstance(descriptor, this);
    if (type == kOfxParamTypeGroup)
      return new Param::GroupInstance(descriptor, this);
    if (type == kOfxParamTypePage)
      return new Param::PageInstance(descriptor, this);
    return nullptr;
  }
  OfxStatus editBegin(const std::string &) override { return kOfxStatOK; }
  OfxStatus editEnd() override { return kOfxStatOK; }
  void progressStart(const std::string &, const std::string &) override { starts++; }
  void progressEnd() override { ends++; }
  bool progressUpdate(double t) override {
    progress.push_back(t);
    return no_after < 0 || t < no_after;
  }
  double timeLineGetTime() override { return 0; }
  void timeLineGotoTime(double) override {}
  void timeLineGetBounds(double &start, double &end) override { start = 0, end = 100; }
  Clip *clip(const std::string &name) { return dynamic_cast<Clip *>(getClip(name)); }
};

static std::vector<std::string> asked_suites;

class Program : public ImageEffect::Host {
public:
  Program(const std::string &name, int multiresolution) {
    _properties.setStringProperty(kOfxPropName, name);
    _properties.setIntProperty(kOfxImageEffectPropSupportsMultiResolution, multiresolution);
    _properties.setIntProperty(kOfxImageEffectPropSupportsTiles, 1);
    const char *const components[] = {kOfxImageComponentRGBA, kOfxImageComponentRGB, kOfxImageComponentAlpha};
    const char *const depths[] = {kOfxBitDepthByte, kOfxBitDepthShort, kOfxBitDepthHalf, kOfxBitDepthFloat};
    for (int i = 0; i < 3; i++)
      _properties.setStringProperty(kOfxImageEffectPropSupportedComponents, components[i], i);
    for (int i = 0; i < 4; i++)
      _properties.setStringProperty(kOfxImageEffectPropSupportedPixelDepths, depths[i], i);
    _properties.setStringProperty(kOfxImageEffectPropSupportedContexts, kOfxImageEffectContextFilter, 0);
    _properties.setStringProperty(kOfxImageEffectPropSupportedContexts, kOfxImageEffectContextGeneral, 1);
  }
  const void *fetchSuite(const char *name, int version) override {
    asked_suites.push_back(std::string(name) + " " + std::to_string(version));
    return ImageEffect::Host::fetchSuite(name, version);
  }
  ImageEffect::Instance *newInstance(void *, ImageEffect::ImageEffectPlugin *plugin,
                                     ImageEffect::Descriptor &descriptor, const std::string &context) override {
    return new Effect(plugin, descriptor, context, false);
  }
  ImageEffect::Descriptor *makeDescriptor(ImageEffect::ImageEffectPlugin *plugin) override {
    return new ImageEffect::Descriptor(plugin);
  }
  ImageEffect::Descriptor *makeDescriptor(const ImageEffect::Descriptor &root,
                                          ImageEffect::ImageEffectPlugin *plugin) override {
    return new ImageEffect::Descriptor(root, plugin);
  }
  ImageEffect::Descriptor *makeDescriptor(const std::string &path, ImageEffect::ImageEffectPlugin *plugin) override {
    return new ImageEffect::Descriptor(path, plugin);
  }
  OfxStatus vmessage(const char *, const char *, const char *, va_list) override { return kOfxStatOK; }
  OfxStatus setPersistentMessage(const char *, const char *, const char *, va_list) override { return kOfxStatFailed; }
  OfxStatus clearPersistentMessage() override { return kOfxStatFailed; }
};

// ---- Commands ----

static std::string properties(Property::Set &set) {
  std::string text = "{";
  for (const auto &entry : set.getProperties()) {
    if (entry.second->getType() == Property::ePointer)
      continue;
    text += (text.size() > 1 ? ", " : "") + quoted(entry.first) + ": [";
    for (int i = 0; i < entry.second->getDimension(); i++)
      text += (i > 0 ? ", " : "") + quoted(entry.second->getStringValue(i));
    text += "]";
  }
  return text + "}";
}

static std::string described(ImageEffect::Descriptor &descriptor) {
  std::string text = "{\"effect\": " + properties(descriptor.getProps()) + ", \"clips\": {", between;
  for (auto *clip : descriptor.getClipsByOrder()) {
    text += between + quoted(clip->getName()) + ": " + properties(clip->getProps());
    between = ", ";
  }
  text += "}, \"parameters\": {", between = "";
  for (auto *parameter : descriptor.getParamList()) {
    text += between + quoted(parameter->getName()) + ": " + properties(parameter->getProperties());
    between = ", ";
  }
  return text + "}}";
}

static void set_parameter(Effect &effect, const std::string &name, const std::string &value) {
  Param::Instance *parameter = effect.getParam(name);
  if (auto *integer = dynamic_cast<Param::IntegerInstance *>(parameter))
    integer->set(std::stoi(value));
  else if (auto *real = dynamic_cast<Param::DoubleInstance *>(parameter))
    real->set(std::stod(value));
  else if (auto *boolean = dynamic_cast<Param::BooleanInstance *>(parameter))
    boolean->set(value == "1");
  else if (auto *choice = dynamic_cast<Param::ChoiceInstance *>(parameter))
    choice->set(std::stoi(value));
  else if (auto *string = dynamic_cast<Param::StringInstance *>(parameter))
    string->set(value.c_str());
  else
    throw std::runtime_error("no parameter " + name);
}

static void show(Effect &effect, const std::string &name, const Words &words) {
  Shown &shown = effect.clip(name)->shown;
  shown = Shown();
  shown.file = word(words, "file", "");
  shown.depth = "OfxBitDepth" + word(words, "depth", "Float");
  shown.components = "OfxImageComponent" + word(words, "components", "RGBA");
  shown.premult = word(words, "premult", kOfxImageUnPreMultiplied);
  shown.field = word(words, "field", kOfxImageFieldNone);
  shown.order = word(words, "order", kOfxImageFieldNone);
  shown.x = number(words, "x", 0), shown.y = number(words, "y", 0);
  shown.w = number(words, "w", 0), shown.h = number(words, "h", 0);
  shown.pad = number(words, "pad", 0), shown.upside_down = number(words, "upside_down", 0);
  shown.is_connected = number(words, "connected", 1), shown.is_missing = number(words, "missing", 0);
  shown.aspect = std::stod(word(words, "aspect", "1")), shown.scale = std::stod(word(words, "scale", "1"));
}

static std::string rendered(Effect &effect, const Words &words) {
  Clip &clip = *effect.clip("Output");
  effect.messages.clear(), effect.progress.clear();
  effect.starts = effect.ends = effect.aborts = 0;
  effect.abort_after = std::stod(word(words, "abort", "-1"));
  effect.no_after = std::stod(word(words, "no", "-1"));
  effect.is_thumbnail = number(words, "thumbnail", 0);
  effect.getClipPreferences();
  auto *picture = new Picture(clip, clip.shown);
  clip.output = picture;
  const OfxRectI window = {number(words, "x1", clip.shown.x), number(words, "y1", clip.shown.y),
                           number(words, "x2", clip.shown.x + clip.shown.w),
                           number(words, "y2", clip.shown.y + clip.shown.h)};
  const OfxPointD scale = {clip.shown.scale, clip.shown.scale};
  effect.started = Clock::now();
  effect.beginRenderAction(0, 0, 1, false, scale, false, false);
  const OfxStatus status = effect.renderAction(0, kOfxImageFieldNone, window, scale, false, false,
                                               number(words, "draft", 0));
  const double seconds = seconds_since(effect.started);
  effect.endRenderAction(0, 0, 1, false, scale, false, false);
  clip.output = nullptr;
  if (words.count("out"))
    picture->write(words.at("out"));
  std::ostringstream answer;
  answer << "{\"status\": " << status << ", \"seconds\": " << seconds << ", \"aborts\": " << effect.aborts
         << ", \"late\": " << (effect.abort_after >= 0 ? seconds - effect.abort_after : 0)
         << ", \"starts\": " << effect.starts << ", \"ends\": " << effect.ends << ", \"untouched\": "
         << (picture->is_untouched_outside(window.x1, window.y1, window.x2, window.y2) ? "true" : "false")
         << ", \"messages\": [";
  for (size_t i = 0; i < effect.messages.size(); i++)
    answer << (i > 0 ? ", " : "") << quoted(effect.messages[i]);
  answer << "], \"progress\": [";
  for (size_t i = 0; i < effect.progress.size(); i++)
    answer << (i > 0 ? ", " : "") << effect.progress[i];
  answer << "]}";
  picture->releaseReference();
  return answer.str();
}

static std::string regions(Effect &effect) {
  const OfxPointD scale = {1, 1};
  OfxRectD rod = {0, 0, 0, 0}, whole = {0, 0, 1, 1};
  OfxTime time = 0;
  std::string clip;
  std::map<ImageEffect::ClipInstance *, OfxRectD> rois;
  effect.getClipPreferences();
  effect.getRegionOfDefinitionAction(0, scale, rod);
  const OfxStatus identity = effect.isIdentityAction(time, kOfxImageFieldNone, {0, 0, 1, 1}, scale, clip);
  effect.getRegionOfInterestAction(0, scale, whole, rois);
  const OfxRectD roi = rois[effect.getClip("Source")];
  std::ostringstream answer;
  answer << "{\"rod\": [" << rod.x1 << ", " << rod.y1 << ", " << rod.x2 << ", " << rod.y2 << "], \"roi\": [" << roi.x1
         << ", " << roi.y1 << ", " << roi.x2 << ", " << roi.y2 << "], \"identity\": "
         << quoted(identity == kOfxStatOK ? clip : "") << ", \"varying\": "
         << (effect.isFrameVarying() ? "true" : "false") << "}";
  return answer.str();
}

// Of this process.
static std::string state() {
  std::ifstream status("/proc/self/status");
  std::string line, memory, threads;
  while (std::getline(status, line)) {
    if (line.compare(0, 6, "VmRSS:") == 0)
      memory = std::to_string(std::stol(line.substr(6)));
    if (line.compare(0, 8, "Threads:") == 0)
      threads = std::to_string(std::stol(line.substr(8)));
  }
  int files = 0;
  for (int i = 0; i < 256; i++)
    files += access(("/proc/self/fd/" + std::to_string(i)).c_str(), F_OK) == 0;
  std::ifstream maps("/proc/self/maps");
  const std::string all((std::istreambuf_iterator<char>(maps)), std::istreambuf_iterator<char>());
  return "{\"kibibytes\": " + memory + ", \"threads\": " + threads + ", \"files\": " + std::to_string(files) +
         ", \"has_engine\": " + (all.find("libdipkit") == std::string::npos ? "false" : "true") + "}";
}

class Bench {
  Program program;
  std::unique_ptr<ImageEffect::PluginCache> cache;
  std::map<std::string, std::unique_ptr<Effect>> effects;

  ImageEffect::ImageEffectPlugin *plugin(const std::string &id) {
    auto *found = cache->getPluginById(id);
    if (found == nullptr)
      throw std::runtime_error("no plug-in " + id);
    return found;
  }

  std::string load() {
    const auto start = Clock::now();
    cache.reset(new ImageEffect::PluginCache(program));
    cache->registerInCache(*PluginCache::getPluginCache());
    PluginCache::getPluginCache()->scanPluginFiles();
    const double seconds = seconds_since(start);
    std::string text, between;
    for (auto *found : cache->getPlugins()) {
      text += between + quoted(found->getIdentifier());
      between = ", ";
    }
    return "{\"seconds\": " + std::to_string(seconds) + ", \"plugins\": [" + text + "]}";
  }

  std::string suites() {
    std::string text, between;
    for (const auto &name : asked_suites) {
      text += between + quoted(name);
      between = ", ";
    }
    return "[" + text + "]";
  }

  std::string create(const std::string &name, const std::string &id, const std::string &context) {
    effects[name].reset(dynamic_cast<Effect *>(plugin(id)->createInstance("OfxImageEffectContext" + context, nullptr)));
    return std::to_string(effects[name]->createInstanceAction());
  }

  std::string start(Effect &effect, const Words &words) {
    effect.thread = std::thread([&effect, words] { effect.answer = rendered(effect, words); });
    return "0";
  }

  std::string press(Effect &effect, const std::string &name) {
    effect.beginInstanceChangedAction(kOfxChangeUserEdited);
    const OfxStatus status = effect.paramInstanceChangedAction(name, kOfxChangeUserEdited, 0, {1, 1});
    effect.endInstanceChangedAction(kOfxChangeUserEdited);
    return std::to_string(status);
  }

  std::string unload() {
    effects.clear();
    PluginCache::clearPluginCache();
    cache.reset();
    return "0";
  }

public:
  Bench(const std::string &name, int multiresolution) : program(name, multiresolution) {}

  std::string answer(const std::vector<std::string> &parts, const Words &words) {
    const std::string &command = parts[0];
    if (command == "load")
      return load();
    if (command == "suites")
      return suites();
    if (command == "state")
      return state();
    if (command == "unload")
      return unload();
    if (command == "describe")
      return described(*plugin(parts[1])->getContext("OfxImageEffectContext" + parts[2]));
    if (command == "create")
      return create(parts[1], parts[2], parts[3]);
    Effect &effect = *effects.at(parts[1]);
    if (command == "set")
      return set_parameter(effect, parts[2], parts.size() > 3 ? parts[3] : ""), "0";
    if (command == "show")
      return show(effect, parts[2], words), "0";
    if (command == "render")
      return rendered(effect, words);
    if (command == "start")
      return start(effect, words);
    if (command == "join")
      return effect.thread.join(), effect.answer;
    if (command == "regions")
      return regions(effect);
    if (command == "press")
      return press(effect, parts[2]);
    if (command == "purge")
      return std::to_string(effect.purgeCachesAction());
    if (command == "destroy")
      return effects.erase(parts[1]), "0";
    throw std::runtime_error("no command " + command);
  }
};

// host NAME MULTIRESOLUTION; the plug-ins are where OFX_PLUGIN_PATH says. Words of a line are separated by tabs.
int main(int, char **arguments) {
  Bench bench(arguments[1], std::stoi(arguments[2]));
  std::string line;
  while (std::getline(std::cin, line)) {
    std::vector<std::string> parts;
    Words words;
    std::istringstream stream(line);
    for (std::string part; std::getline(stream, part, '\t');) {
      const size_t equals = part.find('=');
      if (equals != std::string::npos)
        words[part.substr(0, equals)] = part.substr(equals + 1);
      parts.push_back(part);
    }
    try {
      std::cout << bench.answer(parts, words) << std::endl;
    } catch (const std::exception &error) {
      std::cout << "{\"error\": " << quoted(error.what()) << "}" << std::endl;
    }
  }
}
