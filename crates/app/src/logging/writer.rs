//! Writes the log on a thread of its own: many lines at a time, none of which is dropped for want
//! of room.
//!
//! Lines are put together in one buffer rather than sent one by one: memory that one thread takes
//! and another gives back has both of them wait for the allocator (docs/PERFORMANCE.md).

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// So many bytes wait to be written at the most. Beyond them whoever logs waits, too.
const MOST_WAITING: usize = 4 * 1024 * 1024;

/// How long lines are gathered after others were written, and so what a process that is killed has
/// not written. A line on its own is written at once.
const GATHERING: Duration = Duration::from_millis(2);

/// Where lines are left.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

/// The thread that writes them; ended by [`Self::finish`].
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Told when there is something to write for a thread that has nothing to do.
    more: Condvar,
    /// Told when there is room again.
    room: Condvar,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    is_idle: bool,
    is_over: bool,
}

/// Starts a thread that writes lines to `out`.
pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<(Lines, Writer)> {
    let shared = Arc::new(Shared::default());
    let lines = Lines(Arc::clone(&shared));
    let writing = Arc::clone(&shared);
    let thread = thread::Builder::new().name("log".to_owned());
    let thread = thread.spawn(move || writing.write_all_to(out))?;
    Ok((lines, Writer { shared, thread }))
}

impl Writer {
    /// Writes what waits and ends. What is left for it after this is lost.
    pub(super) fn finish(self) {
        self.shared.lock().is_over = true;
        self.shared.more.notify_all();
        self.shared.room.notify_all();
        let _panicked = self.thread.join();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, line: &[u8]) {
        let is_full = |waiting: &mut Waiting| !waiting.is_over && waiting.text.len() > MOST_WAITING;
        let waiting = self.room.wait_while(self.lock(), is_full);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.is_over {
            return;
        }
        waiting.text.extend_from_slice(line);
        if mem::take(&mut waiting.is_idle) {
            drop(waiting);
            self.more.notify_one();
        }
    }

    fn write_all_to(&self, mut out: impl Write) {
        let mut text = Vec::new();
        while self.take(&mut text) {
            // Nobody is left to tell that the log cannot be written.
            let _written = out.write_all(&text).and_then(|()| out.flush());
            text.clear();
            text.shrink_to(MOST_WAITING / 16);
            self.gather();
        }
    }

    /// Waits until there is something to write, and takes it; false when there will be no more.
    fn take(&self, text: &mut Vec<u8>) -> bool {
        let has_none = |waiting: &mut Waiting| {
            waiting.is_idle = waiting.text.is_empty() && !waiting.is_over;
            waiting.is_idle
        };
        let waiting = self.more.wait_while(self.lock(), has_none);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        mem::swap(text, &mut waiting.text);
        drop(waiting);
        self.room.notify_all();
        !text.is_empty()
    }

    fn gather(&self) {
        let goes_on = |waiting: &mut Waiting| !waiting.is_over;
        let _waited = self
            .more
            .wait_timeout_while(self.lock(), GATHERING, goes_on);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Lines {
    /// Leaves one line, or several.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.leave(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Takes what is written to it only as fast as somebody receives.
    struct Slow(SyncSender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.send(text.to_vec()).unwrap();
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn started() -> (Lines, Writer, Receiver<Vec<u8>>) {
        let (slow, written) = sync_channel(0);
        let (lines, writer) = start(Slow(slow)).unwrap();
        (lines, writer, written)
    }

    #[test]
    fn a_line_is_written_though_nobody_asks_for_it() {
        let (lines, writer, written) = started();
        for line in ["first\n", "second\n"] {
            (&lines).write_all(line.as_bytes()).unwrap();
            assert_eq!(written.recv().unwrap(), line.as_bytes());
        }
        writer.finish();
    }

    #[test]
    fn what_many_leave_is_all_written_each_line_in_one_piece() {
        let (lines, writer, written) = started();
        let line = |number: usize| format!("{}\n", number.to_string().repeat(400));
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let lines = lines.clone();
                let text = line(number);
                // More than may wait: some of them have to.
                thread::spawn(move || {
                    for _ in 0..2000 {
                        (&lines).write_all(text.as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        let reader = thread::spawn(move || written.into_iter().flatten().collect::<Vec<u8>>());
        for thread in threads {
            thread.join().unwrap();
        }
        writer.finish();
        let text = String::from_utf8(reader.join().unwrap()).unwrap();
        for number in 0..8 {
            let expected = line(number);
            let there = text.split_inclusive('\n').filter(|it| **it == expected);
            assert_eq!(there.count(), 2000);
        }
        assert_eq!(text.lines().count(), 8 * 2000);
    }

    #[test]
    fn what_is_left_after_the_end_holds_nobody_up() {
        let (lines, writer, _written) = started();
        writer.finish();
        (&lines).write_all(&vec![b'x'; 2 * MOST_WAITING]).unwrap();
        (&lines).write_all(b"late\n").unwrap();
    }
}
