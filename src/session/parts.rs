//! The parts that a session's picture is cut into, each of which is restored by a fit of its own: the whole picture,
//! tiles that fade into each other, or the neighbourhoods of holes.

use crate::pixels::{Region, Size};

/// A rectangle of a picture, and over how many pixels each of its sides fades into a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub area: Region,
    columns: Fade,
    rows: Fade,
}

/// Over how many pixels a part fades into its neighbours in one direction, at its start and at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fade {
    start: usize,
    end: usize,
}

impl Fade {
    /// The share that a part of this `length` has at the position `at`: a straight line over what two tiles have in
    /// common, so that both shares add up to 1.
    fn share(self, at: usize, length: usize) -> f32 {
        let line = |at: usize, over: usize| if at < over { (at as f32 + 0.5) / over as f32 } else { 1.0 };
        line(at, self.start) * line(length - 1 - at, self.end)
    }
}

impl Part {
    /// A part without neighbours.
    pub fn alone(area: Region) -> Part {
        Part { area, columns: Fade::default(), rows: Fade::default() }
    }

    /// Scales the part to a picture that is `factor` times as large.
    pub fn scaled(self, factor: usize) -> Part {
        let scaled = |fade: Fade| Fade { start: fade.start * factor, end: fade.end * factor };
        Part { area: self.area.scaled(factor), columns: scaled(self.columns), rows: scaled(self.rows) }
    }

    /// The share that the part has in a pixel of the picture, 0..1; the shares of all tiles add up to 1.
    pub fn share(&self, x: usize, y: usize) -> f32 {
        let Region { x: left, y: top, size } = self.area;
        self.columns.share(x - left, size.width) * self.rows.share(y - top, size.height)
    }
}

/// What the sides of tiles are multiples of, where they can be: networks of five scales pad to it.
const STEP: usize = 32;
/// The least overlap of neighbouring tiles: their side divided by this.
const OVERLAP_PART: usize = 8;
/// The smallest side of a tile: a smaller one would have no room for what it shares.
pub const SMALLEST_TILE: usize = 2 * STEP;

/// Covers `area` with tiles of one size, row by row and each second row backwards, so that each tile is beside the one
/// before. `side` is their largest side in the result, which is `factor` times as large.
pub fn tiles(area: Region, side: usize, factor: usize) -> Vec<Part> {
    let (side, step) = (side.max(SMALLEST_TILE) / factor, (STEP / factor).max(1));
    let columns = cut(area.size.width, side, step);
    let rows = cut(area.size.height, side, step);
    let mut parts = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let tile = |column: &Piece| Part {
            area: Region {
                x: area.x + column.start,
                y: area.y + row.start,
                size: Size::new(column.length, row.length),
            },
            columns: column.fade,
            rows: row.fade,
        };
        let first = parts.len();
        parts.extend(columns.iter().map(tile));
        if i % 2 == 1 {
            parts[first..].reverse();
        }
    }
    parts
}

/// The extent of a tile in one direction.
struct Piece {
    start: usize,
    length: usize,
    fade: Fade,
}

/// Cuts a length into pieces of one length, evenly spread, of which no more than two share a place.
fn cut(length: usize, side: usize, step: usize) -> Vec<Piece> {
    if length <= side {
        return vec![Piece { start: 0, length, fade: Fade::default() }];
    }
    let overlap = side / OVERLAP_PART;
    let count = (length - overlap).div_ceil(side - overlap);
    let least = (length + (count - 1) * overlap).div_ceil(count);
    let stepped = least.next_multiple_of(step).min(side);
    // A longer piece might reach the next but one.
    let piece = if 2 * (length - stepped) < (count - 1) * stepped { least } else { stepped };
    let start = |i: usize| i * (length - piece) / (count - 1);
    let shared = |i: usize| start(i) + piece - start(i + 1);
    let fade = |i: usize| Fade {
        start: if i > 0 { shared(i - 1) } else { 0 },
        end: if i + 1 < count { shared(i) } else { 0 },
    };
    (0..count).map(|i| Piece { start: start(i), length: piece, fade: fade(i) }).collect()
}

/// The side of the squares in which holes are looked for.
const CELL: usize = 16;
/// The share of a picture that the neighbourhoods of its holes may cover; where they cover more, it is fitted as one.
const MOST_OF_PICTURE: f64 = 0.6;

/// Finds rectangles around the holes of a picture with a `margin` on all sides, none of which touches another. Where
/// they cover most of the picture, gives the whole picture instead.
pub fn neighbourhoods(is_hole: &[bool], size: Size, margin: usize) -> Vec<Region> {
    let mut boxes = clusters(is_hole, size, margin);
    while let Some((i, j)) = touching(&boxes) {
        let other = boxes.swap_remove(j);
        boxes[i] = around(boxes[i], other);
    }
    let area: usize = boxes.iter().map(|region| region.size.area()).sum();
    if area as f64 > MOST_OF_PICTURE * size.area() as f64 {
        return vec![Region::whole(size)];
    }
    boxes.sort_by_key(|region| (region.y, region.x));
    boxes
}

/// Finds two rectangles that have pixels in common.
fn touching(boxes: &[Region]) -> Option<(usize, usize)> {
    let touches = |i: usize, j: usize| boxes[i].intersection(boxes[j]).is_some();
    (0..boxes.len()).find_map(|i| (i + 1..boxes.len()).find(|j| touches(i, *j)).map(|j| (i, j)))
}

/// The smallest rectangle around two others.
fn around(a: Region, b: Region) -> Region {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = (a.x + a.size.width).max(b.x + b.size.width);
    let bottom = (a.y + a.size.height).max(b.y + b.size.height);
    Region { x, y, size: Size::new(right - x, bottom - y) }
}

/// Finds the rectangle of each group of holes whose margins meet, with its margin, within the picture.
fn clusters(is_hole: &[bool], size: Size, margin: usize) -> Vec<Region> {
    let cells = Size::new(size.width.div_ceil(CELL), size.height.div_ceil(CELL));
    // Bounds of the holes in each cell: left, top, right, bottom.
    let mut bounds: Vec<Option<[usize; 4]>> = vec![None; cells.area()];
    for i in (0..is_hole.len()).filter(|i| is_hole[*i]) {
        let (x, y) = (i % size.width, i / size.width);
        let cell = &mut bounds[y / CELL * cells.width + x / CELL];
        let [left, top, right, bottom] = cell.unwrap_or([x, y, x, y]);
        *cell = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
    }
    let reach = (2 * margin).div_ceil(CELL).max(1) as isize;
    let mut regions = Vec::new();
    for first in 0..bounds.len() {
        let Some(mut group) = bounds[first].take() else { continue };
        let mut open = vec![first];
        while let Some(cell) = open.pop() {
            let taken = near(cell, cells, reach).filter_map(|next| Some((next, bounds[next].take()?)));
            for (next, [left, top, right, bottom]) in taken {
                group = [group[0].min(left), group[1].min(top), group[2].max(right), group[3].max(bottom)];
                open.push(next);
            }
        }
        let (x, y) = (group[0].saturating_sub(margin), group[1].saturating_sub(margin));
        let right = (group[2] + 1 + margin).min(size.width);
        let bottom = (group[3] + 1 + margin).min(size.height);
        regions.push(Region { x, y, size: Size::new(right - x, bottom - y) });
    }
    regions
}

/// Lists the cells within `reach` of a cell in both directions.
fn near(cell: usize, cells: Size, reach: isize) -> impl Iterator<Item = usize> {
    let (x, y) = ((cell % cells.width) as isize, (cell / cells.width) as isize);
    let range = move |at: isize, length: usize| (at - reach).max(0)..(at + reach + 1).min(length as isize);
    range(y, cells.height).flat_map(move |y| range(x, cells.width).map(move |x| y as usize * cells.width + x as usize))
}
