package dev.muster.registry.instance;

import java.util.List;

/**
 * Which instance owns what. Answers at once, from the last assignment that this instance received: it can be out of
 * date.
 */
public interface Owners {
    Place active(Part part, int partition);

    /** Instances that keep a copy, this one as {@link Place#HERE}. */
    List<Place> standbys(Part part, int partition);

    /** Records of the changelog that the copy of this instance has not seen yet; 0 where it is not known. */
    long lag(Part part, int partition);

    /** One instance that owns everything. */
    static Owners alone() {
        return new Owners() {
            @Override
            public Place active(Part part, int partition) {
                return Place.HERE;
            }

            @Override
            public List<Place> standbys(Part part, int partition) {
                return List.of();
            }

            @Override
            public long lag(Part part, int partition) {
                return 0;
            }
        };
    }
}
