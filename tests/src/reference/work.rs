//! Work: who asks for a server, who has it, and who gets it next.

use super::Engine;
use super::strands::{StrandId, Work};
use sysdl_kernel::columns::component;

impl Engine<'_> {
    /// A strand of a component that holds servers for work only asks for one. False if there is no room to wait.
    pub(super) fn ask_for_server(&mut self, strand: StrandId, duration_ns: u64) -> bool {
        let (c, r) = self.place(strand);
        self.strands.get(strand).work = Some(Work { asked_ns: self.now, duration_ns });
        if self.stations[c].replicas[r].has_free(self.plan.components.servers[c]) {
            self.stations[c].replicas[r].busy += 1;
            let setup_ns = self.setup_time(c, r, strand);
            self.strands.get(strand).work = Some(Work { asked_ns: self.now, duration_ns: duration_ns + setup_ns });
            self.begin_work(c, strand);
            return true;
        }
        if self.interrupt_for(c, r, strand) {
            self.begin_work(c, strand);
            return true;
        }
        let waits = self.enqueue(c, Some(r), strand);
        if !waits {
            self.strands.get(strand).work = None;
        }
        waits
    }

    /// Work starts; a server is already its own.
    fn begin_work(&mut self, c: usize, strand: StrandId) {
        let work = self.strands.get(strand).work.expect("it has asked for a server");
        self.record_start(c, work.asked_ns);
        self.strands.get(strand).work = Some(Work { asked_ns: self.now, ..work });
        self.work_for(strand, work.duration_ns);
    }

    /// Work is done.
    pub(super) fn work_end(&mut self, strand: StrandId) {
        if !self.shared_work_is_done(strand) {
            return;
        }
        self.interruptible_work_ends(strand);
        if let Some(work) = self.strands.get(strand).work.take() {
            let (c, r) = self.place(strand);
            self.windows.add(c, component::SERVED, 1);
            self.windows.add_replica((c, r), component::SERVED, 1);
            self.windows.add(c, component::SERVICE_NS, self.now - work.asked_ns);
            self.release_server(c, r);
        }
        let riders = std::mem::take(&mut self.strands.get(strand).riders);
        self.go_on_after_work(strand);
        for rider in riders {
            self.go_on_after_work(rider);
        }
    }

    fn go_on_after_work(&mut self, strand: StrandId) {
        let why = self.reason_to_stop(strand);
        let working = self.strands.get(strand);
        let (well, badly) = (working.well, working.badly);
        let Some(why) = why else { return self.go_on(strand, well) };
        working.outcome = why;
        self.go_on(strand, badly);
    }

    /// A server is free again: the head of the queue takes it.
    pub(super) fn release_server(&mut self, c: usize, r: usize) {
        let station = &self.stations[c];
        let hands_on = self.plan.components.shared_queue[c] == 0 || station.replicas[r].takes();
        let too_many = !station.replicas[r].keeps(self.plan.components.servers[c]);
        let next = match station.group.is_some() {
            _ if too_many => None,
            true => self.next_of_group(c, r),
            false if hands_on => self.next_in_queue(c, r),
            false => None,
        };
        let Some(next) = next else {
            let replica = &mut self.stations[c].replicas[r];
            replica.busy -= 1;
            replica.idle.push(self.now);
            return;
        };
        match self.strands.get(next).left_ns {
            Some(left_ns) => self.resume_work(c, next, left_ns),
            None if self.plan.components.hold_visit[c] == 1 => {
                self.start_holding(c, r, next);
                if self.stations[c].group.is_some() {
                    self.attend(c, r, next);
                }
            }
            None => self.begin_batch(c, r, next),
        }
    }

    /// A server that was not there before serves who was next in the queue of its replica.
    pub(super) fn serve_next(&mut self, c: usize, r: usize, next: StrandId) {
        if let Some(left_ns) = self.strands.get(next).left_ns {
            self.stations[c].replicas[r].busy += 1;
            return self.resume_work(c, next, left_ns);
        }
        if self.plan.components.hold_visit[c] == 1 {
            return self.take_server(c, r, next);
        }
        self.stations[c].replicas[r].busy += 1;
        let setup_ns = self.setup_time(c, r, next);
        let work = self.strands.get(next).work.as_mut().expect("it has asked for a server");
        work.duration_ns += setup_ns;
        self.begin_batch(c, r, next);
    }

    /// A server does the work of a strand, and with it that of the next who wait; it lasts as long as the first's.
    fn begin_batch(&mut self, c: usize, r: usize, first: StrandId) {
        self.begin_work(c, first);
        for _ in 1..self.plan.components.batch[c] {
            let Some(rider) = self.next_in_queue(c, r) else { return };
            let work = self.strands.get(rider).work.take().expect("it has asked for a server");
            self.record_start(c, work.asked_ns);
            self.strands.get(first).riders.push(rider);
        }
    }
}
