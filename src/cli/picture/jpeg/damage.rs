//! What was found wrong while a JPEG was decoded, and what is said about it.

/// Counts of what went wrong.
#[derive(Debug, Clone, Default)]
pub struct Damage {
    /// The number of codes that are in no table.
    pub bad_codes: usize,
    /// The number of restart markers that were not where they should be.
    pub lost_restarts: usize,
    /// The number of bytes between the data and the next marker that belong to nothing.
    pub stray_bytes: usize,
    /// The number of blocks of 8x8 samples, and of those for which there were data.
    pub blocks: usize,
    pub found_blocks: usize,
    /// The number of scans that refine what others brought and ended too early.
    pub short_scans: usize,
    /// Whether something behind the first scan cannot be understood.
    pub is_broken_off: bool,
    /// Whether the file has no end mark.
    pub is_cut_off: bool,
}

/// The stray bytes of sound files: some writers fill up the last scan to whole words.
const USUAL_STRAY_BYTES: usize = 3;

impl Damage {
    /// The share of the blocks that have no data, 0..1.
    pub fn lost_share(&self) -> f64 {
        self.blocks.saturating_sub(self.found_blocks) as f64 / self.blocks.max(1) as f64
    }

    /// What is damaged, as the end of a sentence that begins with the file's name; `None` if nothing is.
    pub fn sentence(&self) -> Option<String> {
        let lost = 100.0 * self.lost_share();
        if lost > 0.0 {
            let share = if lost < 1.0 { "less than 1".into() } else { format!("{lost:.0}") };
            return Some(format!("is damaged: {share} % of it has no data and is grey; get a whole copy if you can"));
        }
        if self.short_scans > 0 {
            return Some("is damaged: parts of it lack detail; get a whole copy if you can".into());
        }
        let is_doubtful = self.bad_codes + self.lost_restarts > 0 || self.is_broken_off;
        (is_doubtful || self.stray_bytes > USUAL_STRAY_BYTES).then(|| {
            "is damaged: parts of it may be displaced or have the wrong colour; get a whole copy if you can".into()
        })
    }
}
