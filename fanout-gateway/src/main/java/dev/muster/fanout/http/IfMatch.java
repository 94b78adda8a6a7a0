package dev.muster.fanout.http;

import dev.muster.contract.errors.ErrorCode;
import dev.muster.contract.errors.MusterException;
import dev.muster.proto.records.v1.NodeView;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The condition that {@code If-Match} sets for a node. An ETag names the version of its record, which heartbeats do not
 * change. A number is the {@code version} of the body, which grows with the node's state, too. The two count
 * differently, so an ETag is never a number. It is a weak one, since the body changes under it; it is compared here as
 * RFC 9110 compares strong ones.
 */
public final class IfMatch {
    private static final Pattern TAG = Pattern.compile("(?:W/)?\"r([0-9]{1,18})\"");
    private static final Pattern NUMBER = Pattern.compile("(\"?)([0-9]{1,18})\\1");

    private static final long NO_VERSION = Long.MAX_VALUE;

    private final boolean any;
    private final Set<Long> recordVersions = new HashSet<>();
    private final Set<Long> viewVersions = new HashSet<>();

    /** @param header null: whatever there is */
    public IfMatch(@Nullable String header) {
        any = header == null || header.strip().equals("*");
        if (header != null) {
            for (String tag : header.split(",", -1)) {
                add(tag.strip());
            }
        }
    }

    public static String tag(NodeView view) {
        return "W/\"r" + view.getNode().getVersion() + "\"";
    }

    // what is none of ours matches nothing; our own tags are weak, and earlier gateways gave them out as strong ones
    private void add(String text) {
        Matcher tag = TAG.matcher(text);
        Matcher number = NUMBER.matcher(text);
        if (tag.matches()) {
            recordVersions.add(Long.parseLong(tag.group(1)));
        } else if (number.matches()) {
            viewVersions.add(Long.parseLong(number.group(2)));
        }
    }

    /**
     * The version that the registry shall insist on; 0: none.
     *
     * @throws MusterException {@code precondition-failed}
     */
    public long versionOf(NodeView view) {
        if (isMet(view)) {
            return any ? 0 : view.getNode().getVersion();
        }
        throw refusal(view);
    }

    /** The same, but an unmet condition becomes a version that no node has: the registry decides. */
    public long versionOrNone(NodeView view) {
        return isMet(view) ? versionOf(view) : NO_VERSION;
    }

    public MusterException refusal(NodeView view) {
        return new MusterException(
                ErrorCode.PRECONDITION_FAILED,
                "The node has the ETag " + tag(view) + " and the version " + view.getViewVersion() + " now.");
    }

    private boolean isMet(NodeView view) {
        return any
                || recordVersions.contains(view.getNode().getVersion())
                || viewVersions.contains(view.getViewVersion());
    }
}
