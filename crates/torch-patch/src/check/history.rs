//! Since when a patch does not fit.

use crate::cell::{CellReport, CellState};

/// Says in each cell in which a patch does not fit since which release that is so. `earlier` are
/// cells of releases before, of which only the states are used; both are of one patch on one
/// platform, the oldest release first.
pub(crate) fn date(earlier: &[CellReport], cells: &mut [&mut CellReport]) {
    let mut history = History::default();
    for cell in earlier {
        history.see(cell);
    }
    for cell in cells {
        history.see(cell);
        let Some(near) = cell.near.as_mut().filter(|_| cell.state.is_broken()) else {
            continue;
        };
        if history.last_ok.is_some() {
            near.changed_in.clone_from(&history.broken_since);
            near.last_ok.clone_from(&history.last_ok);
        }
    }
}

/// What the releases up to one of them say.
#[derive(Default)]
struct History {
    last_ok: Option<String>,
    broken_since: Option<String>,
}

impl History {
    fn see(&mut self, cell: &CellReport) {
        match cell.state {
            CellState::Ok | CellState::Already => {
                self.last_ok = Some(cell.release.clone());
                self.broken_since = None;
            }
            state if state.is_broken() => {
                self.broken_since
                    .get_or_insert_with(|| cell.release.clone());
            }
            // A release that the patch says nothing about changes nothing.
            _ => {}
        }
    }
}
