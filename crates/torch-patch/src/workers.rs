//! Several threads that share a list of tasks.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How often a caller hears of the progress while nothing is finished.
const TICK: Duration = Duration::from_millis(100);

/// Does `work` for each number below `count`, by up to `threads` threads, and returns what came of
/// it in order. `heard` is called on this thread with how many are done, about ten times a second.
///
/// # Errors
///
/// The first error; what was not begun then is not done any more.
pub(crate) fn in_parallel<T: Send, E: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    mut heard: impl FnMut(usize),
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let is_stopped = AtomicBool::new(false);
    let (sender, receiver) = channel();
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            let sender = sender.clone();
            let (next, is_stopped, work) = (&next, &is_stopped, &work);
            scope.spawn(move || {
                while !is_stopped.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || sender.send((index, work(index))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
        let mut error = None;
        let mut done = 0;
        loop {
            match receiver.recv_timeout(TICK) {
                Ok((index, Ok(result))) => {
                    results[index] = Some(result);
                    done += 1;
                }
                Ok((_, Err(first))) => {
                    is_stopped.store(true, Ordering::Relaxed);
                    error.get_or_insert(first);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            heard(done);
        }
        match error {
            Some(error) => Err(error),
            None => Ok(results.into_iter().flatten().collect()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        let mut heard = 0;
        let work = |index: usize| {
            thread::sleep(Duration::from_millis(5 - index as u64 % 5));
            Ok::<_, ()>(index * index)
        };
        let results = in_parallel(20, 8, work, |done| heard = done).unwrap();
        assert_eq!(
            results,
            (0..20).map(|index| index * index).collect::<Vec<_>>()
        );
        assert_eq!(heard, 20);
    }

    #[test]
    fn the_first_error_ends_it() {
        let begun = AtomicUsize::new(0);
        let work = |index: usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(10));
            if index == 1 { Err("no") } else { Ok(index) }
        };
        assert_eq!(in_parallel(1000, 4, work, |_| {}), Err("no"));
        assert!(begun.into_inner() < 100);
    }

    #[test]
    fn nothing_to_do_is_done() {
        assert_eq!(in_parallel(0, 8, Ok::<usize, ()>, |_| {}), Ok(Vec::new()));
    }
}
