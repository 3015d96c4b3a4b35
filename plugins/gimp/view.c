#include "view.h"

#include <math.h>

#define WIDTH 640
#define HEIGHT 420
#define CHECK 8        // side of the squares behind transparency, in pixels
#define GRIP 12        // pixels around the divider in which a drag moves it
#define NEAREST_FROM 2 // magnification from which on pixels are shown as squares

struct View {
  const Fit *fit;
  GtkWidget *area;
  gboolean is_fit, is_split;
  double divider; // where it is in the picture on show, 0..1
  double x, y;    // the top left pixel on show, when not fitted
  double dragged_x, dragged_y;
  gboolean drags_divider;
  GeglRectangle part;  // the part of the result on show
  GeglRectangle place; // where the picture is in the widget
  cairo_surface_t *before, *after;
};

static void forget(cairo_surface_t **surface) {
  g_clear_pointer(surface, cairo_surface_destroy);
}

static gboolean size_of_result(const View *view, gint *width, gint *height) {
  DipSession *session = worker_session(view->fit->worker);
  uint32_t w, h;
  if (session == NULL || view->fit->engine->get_size(session, &w, &h) != DIP_OK)
    return FALSE;
  *width = (gint)w;
  *height = (gint)h;
  return TRUE;
}

// Chooses the part on show, and its place in the middle of the widget.
static void place(View *view, gint width, gint height) {
  gint shown_width, shown_height;
  GtkAllocation room;
  gtk_widget_get_allocation(view->area, &room);
  if (view->is_fit) {
    const double scale = MIN((double)room.width / width, (double)room.height / height);
    shown_width = MAX(1, (gint)(width * scale));
    shown_height = MAX(1, (gint)(height * scale));
    view->part = *GEGL_RECTANGLE(0, 0, width, height);
  } else {
    shown_width = MIN(width, room.width);
    shown_height = MIN(height, room.height);
    view->x = CLAMP(view->x, 0, width - shown_width);
    view->y = CLAMP(view->y, 0, height - shown_height);
    view->part = *GEGL_RECTANGLE((gint)view->x, (gint)view->y, shown_width, shown_height);
  }
  view->place =
      *GEGL_RECTANGLE((room.width - shown_width) / 2, (room.height - shown_height) / 2, shown_width, shown_height);
}

// Reads the part on show, in sRGB, which is what toolkits show.
static cairo_surface_t *read_part(const View *view, DipOutput output) {
  const Fit *fit = view->fit;
  const gint width = MIN(view->part.width, view->place.width), height = MIN(view->part.height, view->place.height);
  DipImage image = pixels_float(&fit->pixels, width, height);
  const gsize samples = (gsize)width * height * image.channels;
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
  gfloat *floats = g_new(gfloat, samples);
  gsize i;
  for (i = 0; i < samples; i++)
    floats[i] = 1;
  if (fit->fills_transparency)
    image = pixels_without_alpha(image);
  if (fit->engine->get_preview_region(worker_session(fit->worker), output, (uint32_t)view->part.x,
                                      (uint32_t)view->part.y, (uint32_t)view->part.width, (uint32_t)view->part.height,
                                      &image, floats) == DIP_OK) {
    cairo_surface_flush(surface);
    babl_process(babl_fish(fit->pixels.as_float, babl_format("cairo-ARGB32")), floats,
                 cairo_image_surface_get_data(surface), (glong)width * height);
    cairo_surface_mark_dirty(surface);
  }
  g_free(floats);
  return surface;
}

void view_refresh(View *view) {
  const GeglRectangle old_part = view->part, old_place = view->place;
  gint width, height;
  if (!size_of_result(view, &width, &height))
    return;
  place(view, width, height);
  if (!gegl_rectangle_equal(&old_part, &view->part) || !gegl_rectangle_equal(&old_place, &view->place))
    forget(&view->before);
  if (view->before == NULL)
    view->before = read_part(view, DIP_OUTPUT_INPUT);
  forget(&view->after);
  view->after = read_part(view, DIP_OUTPUT_RESULT);
  gtk_widget_queue_draw(view->area);
}

static void draw_checks(cairo_t *cairo, const GeglRectangle *place) {
  gint x, y;
  cairo_set_source_rgb(cairo, 0.6, 0.6, 0.6);
  cairo_paint(cairo);
  cairo_set_source_rgb(cairo, 0.4, 0.4, 0.4);
  for (y = 0; y * CHECK < place->height; y++)
    for (x = y % 2; x * CHECK < place->width; x += 2)
      cairo_rectangle(cairo, place->x + x * CHECK, place->y + y * CHECK, CHECK, CHECK);
  cairo_fill(cairo);
}

static void draw_surface(const View *view, cairo_t *cairo, cairo_surface_t *surface, double from, double to) {
  const GeglRectangle *place = &view->place;
  const double scale_x = (double)place->width / cairo_image_surface_get_width(surface);
  const double scale_y = (double)place->height / cairo_image_surface_get_height(surface);
  cairo_save(cairo);
  cairo_rectangle(cairo, place->x + from * place->width, place->y, (to - from) * place->width, place->height);
  cairo_clip(cairo);
  cairo_translate(cairo, place->x, place->y);
  cairo_scale(cairo, scale_x, scale_y);
  cairo_set_source_surface(cairo, surface, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo), scale_x >= NEAREST_FROM ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
  cairo_paint(cairo);
  cairo_restore(cairo);
}

static void draw_label(cairo_t *cairo, const char *text, double x, double y, gboolean is_left_of_x) {
  cairo_text_extents_t size;
  cairo_set_font_size(cairo, 13);
  cairo_text_extents(cairo, text, &size);
  if (is_left_of_x)
    x -= size.x_advance;
  cairo_set_source_rgba(cairo, 0, 0, 0, 0.6);
  cairo_rectangle(cairo, x - 4, y - 15, size.x_advance + 8, 20);
  cairo_fill(cairo);
  cairo_set_source_rgb(cairo, 1, 1, 1);
  cairo_move_to(cairo, x, y);
  cairo_show_text(cairo, text);
}

static void draw_divider(const View *view, cairo_t *cairo) {
  const double x = view->place.x + floor(view->divider * view->place.width) + 0.5;
  const double bottom = view->place.y + view->place.height;
  cairo_set_line_width(cairo, 1);
  cairo_set_source_rgb(cairo, 1, 1, 1);
  cairo_move_to(cairo, x, view->place.y);
  cairo_line_to(cairo, x, bottom);
  cairo_stroke(cairo);
  draw_label(cairo, "Before", x - 10, bottom - 10, TRUE);
  draw_label(cairo, "After", x + 10, bottom - 10, FALSE);
}

static void draw(const View *view, cairo_t *cairo) {
  const double from = view->is_split ? view->divider : 0;
  cairo_set_source_rgb(cairo, 0.25, 0.25, 0.25);
  cairo_paint(cairo);
  if (view->after == NULL) {
    draw_label(cairo, "Measuring the picture...", 20, 30, FALSE);
    return;
  }
  cairo_save(cairo);
  cairo_rectangle(cairo, view->place.x, view->place.y, view->place.width, view->place.height);
  cairo_clip(cairo);
  draw_checks(cairo, &view->place);
  draw_surface(view, cairo, view->after, from, 1);
  if (view->is_split)
    draw_surface(view, cairo, view->before, 0, from);
  cairo_restore(cairo);
  if (view->is_split)
    draw_divider(view, cairo);
}

#if GTK_CHECK_VERSION(3, 0, 0)
static gboolean on_draw(GtkWidget *area, cairo_t *cairo, View *view) {
  (void)area;
  draw(view, cairo);
  return TRUE;
}
#else
static gboolean on_draw(GtkWidget *area, GdkEventExpose *event, View *view) {
  cairo_t *cairo = gdk_cairo_create(gtk_widget_get_window(area));
  gdk_cairo_region(cairo, event->region);
  cairo_clip(cairo);
  draw(view, cairo);
  cairo_destroy(cairo);
  return TRUE;
}
#endif

static gboolean on_press(GtkWidget *area, const GdkEventButton *event, View *view) {
  const double x = view->place.x + view->divider * view->place.width;
  (void)area;
  view->drags_divider = view->is_split && fabs(event->x - x) <= GRIP;
  view->dragged_x = event->x;
  view->dragged_y = event->y;
  return TRUE;
}

static gboolean on_drag(GtkWidget *area, const GdkEventMotion *event, View *view) {
  if (view->drags_divider) {
    view->divider = CLAMP((event->x - view->place.x) / MAX(1, view->place.width), 0.0, 1.0);
    gtk_widget_queue_draw(area);
  } else if (!view->is_fit) {
    view->x -= event->x - view->dragged_x;
    view->y -= event->y - view->dragged_y;
    view->dragged_x = event->x;
    view->dragged_y = event->y;
    view_refresh(view);
  }
  return TRUE;
}

static void on_resized(GtkWidget *area, const GtkAllocation *room, View *view) {
  (void)area;
  (void)room;
  view_refresh(view);
}

static void on_destroyed(GtkWidget *area, View *view) {
  (void)area;
  forget(&view->before);
  forget(&view->after);
  g_free(view);
}

View *view_new(const Fit *fit) {
  View *view = g_new0(View, 1);
  view->fit = fit;
  view->area = gtk_drawing_area_new();
  view->is_fit = TRUE;
  view->divider = 0.5;
  gtk_widget_set_size_request(view->area, WIDTH, HEIGHT);
  gtk_widget_add_events(view->area, GDK_BUTTON_PRESS_MASK | GDK_BUTTON1_MOTION_MASK);
  g_signal_connect(view->area, DRAW_SIGNAL, G_CALLBACK(on_draw), view);
  g_signal_connect(view->area, "button-press-event", G_CALLBACK(on_press), view);
  g_signal_connect(view->area, "motion-notify-event", G_CALLBACK(on_drag), view);
  g_signal_connect(view->area, "size-allocate", G_CALLBACK(on_resized), view);
  g_signal_connect(view->area, "destroy", G_CALLBACK(on_destroyed), view);
  return view;
}

GtkWidget *view_widget(View *view) {
  return view->area;
}

void view_set_fit(View *view, gboolean is_fit) {
  gint width, height;
  view->is_fit = is_fit;
  if (!is_fit && size_of_result(view, &width, &height)) {
    GtkAllocation room;
    gtk_widget_get_allocation(view->area, &room);
    view->x = (width - room.width) / 2;
    view->y = (height - room.height) / 2;
  }
  view_refresh(view);
}

void view_set_split(View *view, gboolean is_split) {
  view->is_split = is_split;
  view_refresh(view);
}
