package dev.muster.fanout.log.tokens;

/**
 * The cluster and topic in which positions are valid. Offsets of another cluster or of a recreated topic look alike but
 * mean other records.
 */
public record ClusterIdentity(String clusterId, String viewsTopicId) {}
