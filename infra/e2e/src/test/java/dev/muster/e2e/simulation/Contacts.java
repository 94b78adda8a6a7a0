package dev.muster.e2e.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** When which node really was in touch with a gateway, in one session. */
final class Contacts {
    private final Map<String, List<Contact>> contacts = new HashMap<>();

    private static final class Contact {
        private final String session;
        private final long fromMillis;
        private long toMillis;

        private Contact(String session, long nowMillis) {
            this.session = session;
            this.fromMillis = nowMillis;
            this.toMillis = nowMillis;
        }
    }

    /** @param session empty while there is none */
    void seen(String nodeId, String session, long nowMillis) {
        List<Contact> of = contacts.computeIfAbsent(nodeId, id -> new ArrayList<>());
        Contact last = of.isEmpty() ? null : of.get(of.size() - 1);
        if (last == null || !last.session.equals(session)) {
            of.add(new Contact(session, nowMillis));
        } else {
            last.toMillis = nowMillis;
        }
    }

    /** Whether the node was in touch all the time. */
    boolean lasted(String nodeId, long fromMillis, long toMillis) {
        return contacts.getOrDefault(nodeId, List.of()).stream()
                .anyMatch(contact ->
                        !contact.session.isEmpty() && contact.fromMillis <= fromMillis && contact.toMillis >= toMillis);
    }
}
