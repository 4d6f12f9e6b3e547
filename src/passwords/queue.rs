//! Who waits for a hash: a few threads at the lowest priority, one core left to everything else, and a bounded queue in front
//! of them that takes from every address in turn.
//!
//! The memory of all hashes is threads × `passwords.memory_kib`, however many ask; it goes back when nobody has asked for a
//! moment. Whoever waits takes a place, and beyond the places is turned away at once.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::HashError;
use super::argon::Memory;

/// How many may wait before more are turned away.
const PLACES: usize = 64;
/// How many of them one address can take: a flood from there leaves the others room.
const PLACES_OF_ONE: usize = PLACES / 2;
/// How long a thread without work keeps its memory.
const IDLE: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The queue and its threads, which end with it.
#[derive(Debug)]
pub(super) struct Queue(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    come: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

#[derive(Default)]
struct Waiting {
    /// Whose turn it is next, first; nobody without a job.
    lanes: VecDeque<Lane>,
    jobs: usize,
    closed: bool,
}

struct Lane {
    of: Arc<str>,
    jobs: VecDeque<Job>,
}

impl Waiting {
    fn push(&mut self, of: &Arc<str>, job: Job) -> Result<(), HashError> {
        if self.jobs >= PLACES {
            return Err(HashError::Busy);
        }
        match self.lanes.iter_mut().find(|lane| lane.of == *of) {
            Some(lane) if lane.jobs.len() >= PLACES_OF_ONE => return Err(HashError::Busy),
            Some(lane) => lane.jobs.push_back(job),
            None => self.lanes.push_back(Lane { of: Arc::clone(of), jobs: VecDeque::from([job]) }),
        }
        self.jobs += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<Job> {
        let mut lane = self.lanes.pop_front()?;
        let job = lane.jobs.pop_front()?;
        self.jobs -= 1;
        if !lane.jobs.is_empty() {
            self.lanes.push_back(lane);
        }
        Some(job)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None` when the queue has ended. Who waits long gives the memory back.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.pop() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            if memory.is_empty() {
                waiting = self.come.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (woken, timeout) = self.come.wait_timeout(waiting, IDLE).unwrap_or_else(PoisonError::into_inner);
            waiting = woken;
            if timeout.timed_out() {
                *memory = Memory::new();
            }
        }
    }

    fn work(&self) {
        lower_priority();
        let mut memory = Memory::new();
        while let Some(job) = self.next(&mut memory) {
            // A panic is that one job's, whose asker gets no answer: the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                tracing::error!("hashing a password panicked");
            }
        }
    }
}

/// Linux counts niceness by thread: everything else goes first. Elsewhere it would be the whole process's.
#[cfg(target_os = "linux")]
fn lower_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::warn!(%error, "password hashes run at ordinary priority");
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

impl Queue {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// If the system has none.
    pub(super) fn start(threads: usize) -> Result<Self, HashError> {
        let queue = Self(Arc::new(Shared { waiting: Mutex::default(), come: Condvar::new() }));
        for _ in 0..threads {
            let shared = Arc::clone(&queue.0);
            let thread = std::thread::Builder::new().name("passwords".to_owned());
            thread.spawn(move || shared.work()).map_err(|_| HashError::Failed)?;
        }
        Ok(queue)
    }

    /// Has `work` done when its turn comes, for whoever asks from `of`. Who has gone by then costs nothing.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once, if there is no place.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        of: &Arc<str>,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (tell, told) = oneshot::channel();
        let job = Box::new(move |memory: &mut Memory| {
            if !tell.is_closed() {
                let _ = tell.send(work(memory));
            }
        });
        self.0.lock().push(of, job)?;
        self.0.come.notify_one();
        told.await.map_err(|_| HashError::Failed)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.come.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;

    /// A queue whose one thread is busy until the sender is dropped.
    fn busy() -> (Arc<Queue>, mpsc::Sender<()>) {
        let queue = Queue::start(1).unwrap();
        let (hold, held) = mpsc::channel::<()>();
        let (begin, began) = mpsc::channel();
        let first = Box::new(move |_: &mut Memory| {
            begin.send(()).unwrap();
            let _ = held.recv();
        });
        queue.0.lock().push(&"first".into(), first).unwrap();
        queue.0.come.notify_one();
        began.recv().unwrap();
        (Arc::new(queue), hold)
    }

    fn push(queue: &Queue, of: &str, job: impl FnOnce() + Send + 'static) -> Result<(), HashError> {
        queue.0.lock().push(&of.into(), Box::new(move |_| job()))
    }

    #[test]
    fn every_address_has_its_turn() {
        let (queue, hold) = busy();
        let (tell, told) = mpsc::channel();
        for (of, n) in [("flood", 1), ("flood", 2), ("flood", 3), ("owner", 1), ("flood", 4), ("other", 1)] {
            let tell = tell.clone();
            push(&queue, of, move || tell.send((of, n)).unwrap()).unwrap();
        }
        drop((hold, tell));
        let order: Vec<_> = told.iter().collect();
        assert_eq!(
            order,
            [("flood", 1), ("owner", 1), ("other", 1), ("flood", 2), ("flood", 3), ("flood", 4)],
            "in turn, and each in its own order"
        );
    }

    #[test]
    fn one_address_can_not_take_every_place_and_beyond_them_nobody_waits() {
        let (queue, _hold) = busy();
        for _ in 0..PLACES_OF_ONE {
            push(&queue, "flood", || {}).unwrap();
        }
        assert_eq!(push(&queue, "flood", || {}), Err(HashError::Busy));
        for n in 0..PLACES - PLACES_OF_ONE {
            push(&queue, &format!("owner {n}"), || {}).unwrap();
        }
        assert_eq!(push(&queue, "one more", || {}), Err(HashError::Busy));
    }

    #[tokio::test]
    async fn who_has_gone_costs_nothing_and_a_panic_is_one_job_s() {
        let (queue, hold) = busy();
        let (tell, told) = mpsc::channel();
        let asker = "gone".into();
        let gone = queue.run(&asker, move |_| tell.send(()).unwrap());
        assert!(gone.now_or_never().is_none(), "it waits, and is dropped");
        let panicking = Arc::clone(&queue);
        let panicked = tokio::spawn(async move { panicking.run(&"x".into(), |_| panic!("on purpose")).await });
        drop(hold);
        assert_eq!(panicked.await.unwrap(), Err::<(), _>(HashError::Failed));
        assert_eq!(queue.run(&"next".into(), |_| 7).await, Ok(7));
        assert!(told.recv().is_err(), "it was not done");
    }

    #[test]
    fn its_threads_end_with_it() {
        let queue = Queue::start(2).unwrap();
        let shared = Arc::downgrade(&queue.0);
        drop(queue);
        while shared.upgrade().is_some() {
            std::thread::yield_now();
        }
    }
}
