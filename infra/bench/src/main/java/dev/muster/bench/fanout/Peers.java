package dev.muster.bench.fanout;

import dev.muster.bench.report.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** All servers of a run: Muster, and what else can be had on this machine. */
final class Peers implements AutoCloseable {
    private final MusterPeer muster;
    private final List<Peer> all = new ArrayList<>();

    private interface Starter {
        Peer start(Path dir, int messageBytes) throws IOException, InterruptedException;
    }

    private Peers(MusterPeer muster) {
        this.muster = muster;
        all.add(muster);
    }

    static Peers start(Path dir, int messageBytes, Map<String, String> settings, Progress progress)
            throws IOException, InterruptedException {
        Peers peers = new Peers(MusterPeer.start(messageBytes, settings, progress));
        peers.add("ws", OtherPeer::ws, dir, messageBytes, progress);
        peers.add("nchan", OtherPeer::nchan, dir, messageBytes, progress);
        peers.add("nats", OtherPeer::nats, dir, messageBytes, progress);
        for (Peer peer : peers.all) {
            progress.say(peer.name() + ": " + peer.guarantee());
        }
        return peers;
    }

    private void add(String name, Starter starter, Path dir, int messageBytes, Progress progress)
            throws InterruptedException {
        try {
            all.add(starter.start(dir.resolve(name), messageBytes));
        } catch (IOException e) {
            progress.say(name + " cannot be had here: " + e.getMessage());
        }
    }

    MusterPeer muster() {
        return muster;
    }

    List<Peer> all() {
        return all;
    }

    @Override
    public void close() {
        all.forEach(Peer::close);
    }
}
