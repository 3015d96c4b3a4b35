//! The packing of weights into panels, by which channel of the weight tensor lies in which lane.

use super::product::{PANEL, SEGMENT};
use crate::exec::cpu::kernels::LANES;

/// Which logical channel lies in each lane; a dead lane has none.
#[derive(Debug, Clone)]
pub struct Channels {
    logical: Vec<Option<usize>>,
    live: usize,
}

impl Channels {
    /// Inverts `lanes`, which gives the lane of each logical channel, for so many `physical` ones.
    pub fn new(physical: usize, lanes: &[usize]) -> Channels {
        let mut logical = vec![None; physical];
        for (channel, &lane) in lanes.iter().enumerate() {
            assert!(lane < physical && logical[lane].is_none(), "lane {lane} of {physical} for channel {channel}");
            logical[lane] = Some(channel);
        }
        Channels { logical, live: lanes.len() }
    }

    /// The number of logical channels.
    pub fn logical(&self) -> usize {
        self.live
    }

    /// The logical channel in a lane; None beyond the last lane.
    pub fn at(&self, lane: usize) -> Option<usize> {
        self.logical.get(lane).copied().flatten()
    }

    /// Lists the lanes that hold a channel, each with its channel.
    pub fn live(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.logical.iter().enumerate().filter_map(|(lane, channel)| Some((lane, (*channel)?)))
    }

    /// Where the channel of each lane begins in the weight tensor, given the tensor's stride from channel to channel.
    pub fn offsets(&self, stride: usize) -> Vec<Option<usize>> {
        self.logical.iter().map(|channel| channel.map(|channel| channel * stride)).collect()
    }
}

/// Copies one segment of a panel, `[8][16]`, for the products of eight source lanes with 16 columns. `sources` and
/// `columns` are offsets into `weight`, which begins at the tap; dead lanes become 0.
pub fn segment(weight: &[f32], sources: &[Option<usize>], columns: &[Option<usize>], out: &mut [f32]) {
    debug_assert!(sources.len() == LANES && columns.len() <= PANEL && out.len() == SEGMENT);
    for (source, row) in sources.iter().zip(out.chunks_exact_mut(PANEL)) {
        row.fill(0.0);
        let Some(source) = source else { continue };
        for (column, value) in columns.iter().zip(row) {
            if let Some(column) = column {
                *value = weight[source + column];
            }
        }
    }
}
