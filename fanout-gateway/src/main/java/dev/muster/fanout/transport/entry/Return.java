package dev.muster.fanout.transport.entry;

import dev.muster.fanout.auth.Standing;
import dev.muster.fanout.auth.Tickets;
import dev.muster.fanout.auth.User;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets a browser's EventSource in again. After a break it repeats its request, with the ticket that it used up, and
 * adds the position that it had reached. Ticket and position together are as good as an unused ticket, for as long as
 * the ticket says.
 */
public final class Return {
    private final Tickets tickets;
    private final Standing standing;
    private final BiPredicate<User, String> positions;

    /** @param positions whether a position was given to a user */
    public Return(Tickets tickets, Standing standing, BiPredicate<User, String> positions) {
        this.tickets = tickets;
        this.standing = standing;
        this.positions = positions;
    }

    /** The user whose stream goes on; empty if the request is not the repeat of an admitted one. */
    public Optional<User> of(HttpServletRequest request) {
        @Nullable String ticket = request.getParameter("ticket");
        @Nullable String position = request.getHeader("Last-Event-ID");
        if (ticket == null || position == null || position.isEmpty() || request.getHeader("Authorization") != null) {
            return Optional.empty();
        }
        return tickets.owner(ticket).filter(user -> positions.test(user, position));
    }

    /** Whether the user's time is over, for good: EventSource repeats its request until it is told 204. */
    public boolean isOver(User user) {
        return standing.ended(user).isPresent();
    }
}
