// What GIMP 3 and GIMP 2.10 name differently. The plug-in is written for GIMP 3; this maps it to 2.10, where images
// and layers are numbers.
#ifndef DIPKIT_GIMP_HOST_H
#define DIPKIT_GIMP_HOST_H
#define GIMP_DISABLE_DEPRECATED
#include <libgimp/gimp.h>

#if GIMP_CHECK_VERSION(3, 0, 0)

typedef GimpImage *HostImage;
typedef GimpLayer *HostLayer;
typedef GimpItem *HostItem;
#define NOTHING NULL

#else

typedef gint32 HostImage;
typedef gint32 HostLayer;
typedef gint32 HostItem;
#define NOTHING (-1)

#define GIMP_ITEM(id) (id)
#define GIMP_LAYER(id) (id)
#define GIMP_CHANNEL(id) (id)
#define GIMP_DRAWABLE(id) (id)
#define gimp_drawable_get_width gimp_drawable_width
#define gimp_drawable_get_height gimp_drawable_height
#define gimp_drawable_get_offsets gimp_drawable_offsets
#define gimp_image_get_base_type gimp_image_base_type
#define gimp_image_get_width gimp_image_width
#define gimp_image_get_height gimp_image_height

#endif
#endif
