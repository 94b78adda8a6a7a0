package dev.muster.fanout.feed;

/** What positions are valid in: offsets of another cluster or of a topic made anew look alike but mean something else. */
public record ClusterIdentity(String clusterId, String viewsTopicId) {}
